/** From scores to weights and to the mixture of values, in three ways: short cuts for paper, exactly, and as a machine does it. */
import type { LabelledMatrix, Matrix, Step } from './explanation.ts'
import { labelled, numbered } from './explanation.ts'
import { divide, floor, fraction, power } from './fraction.ts'
import type { Fraction } from './fraction.ts'
import { checkExponent } from './input.ts'
import { convert, mapMatrix, product, sum, transpose } from './matrix.ts'
import { decimals, exponential, floats, formatNumber, fractions, squareRoot } from './numbers.ts'
import type { Numbers } from './numbers.ts'

/**
 * `by-hand`: floor(x / 2) for the division by the root of d_k and 3^x for e^x, in fractions. `exact`: the softmax as it is defined, to
 * 30 places. `softmax`: the same as a machine computes it, in 64-bit floating point with the maximum taken off first.
 */
export type Approximation = 'by-hand' | 'exact' | 'softmax'

export const approximations: readonly Approximation[] = ['by-hand', 'exact', 'softmax']

export interface Scored {
  /** K^T Q [keys, queries] */
  readonly scores: Matrix<Fraction>
  /** [d_v, T] */
  readonly V: Matrix<Fraction>
  /** d_k */
  readonly keyWidth: number
}

export function weightSteps(approximation: Approximation, scored: Scored): Step[] {
  switch (approximation) {
    case 'by-hand':
      return byHandSteps(scored)
    case 'exact':
      return exactSteps(scored)
    case 'softmax':
      return machineSteps(scored)
    default:
      return approximation satisfies never
  }
}

function byHandSteps(scored: Scored): Step[] {
  const { scores, V, keyWidth } = scored
  const scaled = mapMatrix(scores, (score) =>
    checkExponent('floor(S / 2)', fraction(floor(divide(score, fraction(2))))),
  )
  const powers = mapMatrix(scaled, (exponent) => power(fraction(3), exponent.numerator))
  const mixed = mix(fractions, powers, V)
  const [score, exponent, weight] = [scores, scaled, powers].map(([[first]]) => fractions.format(first))
  return [
    {
      title: 'Scaling, by hand',
      formula: 'floor(S / 2)',
      why: `Sums of many products grow, and large scores would leave all the weight to one key. The formula divides by the square root of d_k = ${keyWidth}, which is ${formatNumber(Math.sqrt(keyWidth))}; on paper we halve and round down.`,
      example: `floor(${score} / 2) = ${exponent}`,
      matrices: [square(fractions, 'floorHalf', scaled)],
    },
    {
      title: 'Powers, by hand',
      formula: '3^x',
      why: 'Weights must be positive, and each step in the score should multiply the weight. The exponential does that with e = 2.718...; 3 is near enough and gives whole numbers, or fractions where the score is below zero.',
      example: `3^${exponent} = ${weight}`,
      matrices: [square(fractions, 'threePower', powers)],
    },
    ...mixingSteps(fractions, powers, mixed),
    comparisonStep(scored, mixed),
  ]
}

function exactSteps({ scores, V, keyWidth }: Scored): Step[] {
  const root = squareRoot(fraction(keyWidth))
  const scaled = mapMatrix(scores, (score) => checkExponent('S / sqrt(d_k)', decimals.divide(score, root)))
  const powers = mapMatrix(scaled, exponential)
  return [
    scalingStep(square(decimals, 'scaled', scaled), keyWidth),
    {
      title: 'Powers',
      formula: 'e^x',
      why: 'Weights must be positive, and each step in the score should multiply the weight: that is what the exponential does.',
      matrices: [square(decimals, 'powers', powers)],
    },
    ...mixingSteps(decimals, powers, mix(decimals, powers, V)),
  ]
}

function machineSteps({ scores, V, keyWidth }: Scored): Step[] {
  const scaled = scaleFloats(scores, keyWidth)
  const greatest = transpose(scaled).map((column) => Math.max(...column))
  const powers = powersBelow(scaled, greatest)
  return [
    scalingStep(square(floats, 'scaled', scaled), keyWidth),
    {
      title: 'Powers, without overflow',
      formula: 'e^(x - max of the column)',
      why: 'e^x overflows a machine number quickly. Taking the greatest score of a column off all its scores multiplies numerator and denominator by the same factor, so the weights stay as they are and no power exceeds 1.',
      matrices: [
        labelled(floats, 'maxima', [greatest], ['max'], numbered('q', greatest.length)),
        square(floats, 'powers', powers),
      ],
    },
    ...mixingSteps(floats, powers, mix(floats, powers, V)),
  ]
}

function scalingStep(matrix: LabelledMatrix, keyWidth: number): Step {
  return {
    title: 'Scaling',
    formula: 'S / sqrt(d_k)',
    why: `Sums of many products grow, and large scores would leave all the weight to one key. Dividing by the square root of d_k = ${keyWidth}, the length of a key, keeps them in the range where the softmax still mixes.`,
    matrices: [matrix],
  }
}

interface Mixed<N> {
  readonly sums: readonly N[]
  /** Weights [keys, queries]; each column sums to 1. */
  readonly A: Matrix<N>
  /** [d_v, T] */
  readonly Z: Matrix<N>
}

function mix<N>(numbers: Numbers<N>, powers: Matrix<N>, V: Matrix<Fraction>): Mixed<N> {
  const sums = transpose(powers).map((column) => sum(numbers, column))
  const A = mapMatrix(powers, (value, _, query) => numbers.divide(value, sums[query]))
  return { sums, A, Z: product(numbers, convert(numbers, V), A) }
}

function mixingSteps<N>(numbers: Numbers<N>, powers: Matrix<N>, { sums, A, Z }: Mixed<N>): Step[] {
  const queries = numbered('q', sums.length)
  const weights = transpose(A)[0]
  return [
    {
      title: 'Weights: each column sums to 1',
      formula: 'A = powers / sum of their column',
      why: 'Dividing by the sum of the column turns powers into shares: the attention of a query, split among all keys. This is the softmax.',
      example: `k1 for q1: ${numbers.format(powers[0][0])} / (${numbers.format(sums[0])}) = ${numbers.format(A[0][0])}`,
      matrices: [labelled(numbers, 'columnSums', [sums], ['sum'], queries), square(numbers, 'A', A)],
    },
    {
      title: 'The mixture',
      formula: 'Z = V A',
      why: 'Each token leaves with a mixture of all values, weighted by its attention: this is what the layer adds to what the token knew before.',
      example: `first number of z1: values of all tokens times the weights ${weights.map(numbers.format).join(', ')} = ${numbers.format(Z[0][0])}`,
      matrices: [labelled(numbers, 'Z', Z, numbered('', Z.length), numbered('z', sums.length))],
    },
  ]
}

function comparisonStep({ scores, V, keyWidth }: Scored, byHand: Mixed<Fraction>): Step {
  const scaled = scaleFloats(scores, keyWidth)
  const powers = powersBelow(
    scaled,
    transpose(scaled).map((column) => Math.max(...column)),
  )
  const real = mix(floats, powers, V)
  const differences = byHand.A.flatMap((row, y) =>
    row.map((value, x) => Math.abs(fractions.toNumber(value) - real.A[y][x])),
  )
  return {
    title: 'How far off are the short cuts?',
    formula: 'softmax(K^T Q / sqrt(d_k)), without approximation',
    why: `The real softmax beside it: no weight differs by more than ${formatNumber(Math.max(...differences))}. Run it again with --approximation exact or softmax for the steps.`,
    matrices: [
      square(floats, 'realA', real.A),
      labelled(floats, 'realZ', real.Z, numbered('', real.Z.length), numbered('z', real.sums.length)),
    ],
  }
}

function scaleFloats(scores: Matrix<Fraction>, keyWidth: number): number[][] {
  return mapMatrix(convert(floats, scores), (score) => score / Math.sqrt(keyWidth))
}

function powersBelow(scaled: Matrix<number>, greatest: readonly number[]): number[][] {
  return mapMatrix(scaled, (value, _, query) => Math.exp(value - greatest[query]))
}

/** Rows are keys, columns are queries. */
function square<N>(numbers: Numbers<N>, id: string, matrix: Matrix<N>): LabelledMatrix {
  return labelled(numbers, id, matrix, numbered('k', matrix.length), numbered('q', matrix.length))
}
