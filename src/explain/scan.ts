/**
 * A selective scan by hand: the recurrence of Mamba for one channel, token by token, and the same unrolled into one matrix, which
 * shows the attention that is hidden in it.
 */
import { OstroError } from '../util/error.ts'
import type { Approximation } from './attention-weights.ts'
import type { Explanation, Matrix, Step } from './explanation.ts'
import { labelled, numbered } from './explanation.ts'
import { fraction, power } from './fraction.ts'
import type { Fraction } from './fraction.ts'
import type { ExerciseInput } from './input.ts'
import { checkExponent, readFraction, readMatrix, readObject, readVector, refuseUnknownKeys } from './input.ts'
import { convert, dot, mapMatrix } from './matrix.ts'
import { floats, fractions } from './numbers.ts'
import type { Numbers } from './numbers.ts'

const wholeExample: ExerciseInput = {
  x: [4, 2, 8, 0],
  delta: [1, 0, 2, 1],
  halvings: [1, 2],
  B: [
    [1, 0],
    [1, 1],
    [1, 1],
    [0, 1],
  ],
  C: [
    [1, 1],
    [1, 1],
    [1, -1],
    [1, 2],
  ],
  D: '1/2',
}

/** S4D-real: A_n = -n, the initialisation of Mamba. */
const realExample: ExerciseInput = {
  x: [4, 2, 8, 0],
  delta: [0.5, -4, 1.5, 0.5],
  ALog: [0, 0.693147],
  B: [
    [1, 0],
    [1, 1],
    [1, 1],
    [0, 1],
  ],
  C: [
    [1, 1],
    [1, 1],
    [1, -1],
    [1, 2],
  ],
  D: 0.5,
}

/** What both kinds of numbers need: T tokens, N numbers of state. */
interface Scan<N> {
  readonly x: readonly N[]
  /** Step widths, never negative. [T] */
  readonly delta: readonly N[]
  /** exp(delta_t A_n) [T, N] */
  readonly decay: Matrix<N>
  /** [T, N] */
  readonly B: Matrix<N>
  /** [T, N] */
  readonly C: Matrix<N>
  readonly D: N
}

/**
 * Scans `input` {x [T], delta [T], B and C [T, N], D, and halvings or ALog [N]}. `by-hand`: A_n = -halvings_n ln 2 and whole steps, so
 * that all is fractions. `exact`: A = -e^ALog and delta before softplus, as Mamba has them, in 64-bit floating point.
 * @throws OstroError `invalid-argument` naming the field that does not fit
 */
export function explainScan(approximation: Approximation = 'by-hand', input?: unknown): Explanation {
  if (approximation === 'softmax') {
    throw new OstroError('invalid-argument', 'explain: a scan has no softmax. Use --approximation by-hand or exact.')
  }
  const byHand = approximation === 'by-hand'
  const given = readObject('the input of scan', input ?? (byHand ? wholeExample : realExample))
  refuseUnknownKeys('the input of scan', given, ['x', 'delta', 'B', 'C', 'D', byHand ? 'halvings' : 'ALog'])
  const steps = byHand ? wholeSteps(given) : realSteps(given)
  return {
    topic: 'scan',
    title: `A selective scan by hand: ${readVector('x', given['x']).length} tokens`,
    summary:
      'A state-space model reads tokens one after the other and keeps a state of fixed size instead of all keys and values. What makes Mamba selective is that each token sets by itself how much of the state it forgets and how much of itself it writes.',
    steps,
    sources: [
      'Gu and Dao 2023, Mamba, algorithm 2 (selective scan); B is discretised by Euler, delta B, as the published code does',
      'Dao and Gu 2024, Transformers are SSMs (the scan as a matrix)',
    ],
  }
}

function wholeSteps(given: ExerciseInput): Step[] {
  const { x, delta, B, C, D } = readScan(given)
  const halvings = readVector('halvings', given['halvings'], B[0].length)
  const odd = [...delta, ...halvings].find((value) => value.denominator !== 1n || value.numerator < 0n)
  if (odd !== undefined) {
    const message = `explain: delta and halvings: expected whole numbers from 0 on, got ${fractions.format(odd)}. Use --approximation exact for others.`
    throw new OstroError('invalid-argument', message)
  }
  const decay = delta.map((step) =>
    halvings.map((count) =>
      power(
        fraction(1, 2),
        checkExponent('delta times halvings', fraction(step.numerator * count.numerator)).numerator,
      ),
    ),
  )
  const T = x.length
  return [
    {
      title: 'What each token brings',
      formula: 'decay = exp(delta A),  A_n = -halvings_n ln 2',
      why: 'Each token brings its value x, a step width delta, a direction B to write in and a direction C to read in. With these A the decay is a half to a whole power, so that all numbers stay fractions. A delta of 0 forgets nothing and writes nothing: the token is skipped.',
      example: `token 1: decay of state 1 = (1/2)^(${fractions.format(delta[0])}·${fractions.format(halvings[0])}) = ${fractions.format(decay[0][0])}`,
      matrices: [
        labelled(
          fractions,
          'x',
          x.map((value) => [value]),
          numbered('t', T),
          ['x'],
        ),
        labelled(
          fractions,
          'delta',
          delta.map((value) => [value]),
          numbered('t', T),
          ['delta'],
        ),
        ...directions(fractions, { B, C }),
        stateMatrix(fractions, 'decay', decay),
      ],
    },
    ...recurrenceSteps(fractions, { x, delta, decay, B, C, D }),
  ]
}

function realSteps(given: ExerciseInput): Step[] {
  const scan = readScan(given)
  const [x, raw] = [scan.x, scan.delta].map((values) => values.map(floats.of))
  const A = readVector('ALog', given['ALog'], scan.B[0].length).map((value) => -Math.exp(floats.of(value)))
  const delta = raw.map((value) => Math.log1p(Math.exp(-Math.abs(value))) + Math.max(value, 0))
  const decay = delta.map((step) => A.map((a) => Math.exp(step * a)))
  const [B, C] = [convert(floats, scan.B), convert(floats, scan.C)]
  const T = x.length
  return [
    {
      title: 'What each token brings',
      formula: 'delta = softplus(raw) = ln(1 + e^raw),  A = -e^ALog,  decay = exp(delta A)',
      why: 'Each token brings its value x, a step width delta, a direction B to write in and a direction C to read in. Softplus keeps delta positive and A is negative, so a decay lies between 0 and 1: near 1 the state is kept, near 0 it is forgotten.',
      matrices: [
        labelled(
          floats,
          'x',
          x.map((value) => [value]),
          numbered('t', T),
          ['x'],
        ),
        labelled(
          floats,
          'delta',
          raw.map((value, t) => [value, delta[t]]),
          numbered('t', T),
          ['raw', 'delta'],
        ),
        labelled(floats, 'A', [A], ['A'], numbered('n', A.length)),
        ...directions(floats, { B, C }),
        stateMatrix(floats, 'decay', decay),
      ],
    },
    ...recurrenceSteps(floats, { x, delta, decay, B, C, D: floats.of(scan.D) }),
  ]
}

function readScan(given: ExerciseInput): Omit<Scan<Fraction>, 'decay'> {
  const x = readVector('x', given['x'])
  const B = readMatrix('B', given['B'], { rows: x.length })
  return {
    x,
    delta: readVector('delta', given['delta'], x.length),
    B,
    C: readMatrix('C', given['C'], { rows: x.length, columns: B[0].length }),
    D: readFraction('D', given['D']),
  }
}

function directions<N>(numbers: Numbers<N>, { B, C }: { readonly B: Matrix<N>; readonly C: Matrix<N> }) {
  return [stateMatrix(numbers, 'B', B), stateMatrix(numbers, 'C', C)]
}

function recurrenceSteps<N>(numbers: Numbers<N>, scan: Scan<N>): Step[] {
  const { x, delta, decay, B, C, D } = scan
  const written = mapMatrix(B, (b, t) => numbers.multiply(numbers.multiply(delta[t], x[t]), b))
  const h: N[][] = []
  written.forEach((row, t) =>
    h.push(row.map((value, n) => (t === 0 ? value : numbers.add(numbers.multiply(decay[t][n], h[t - 1][n]), value)))),
  )
  const y = h.map((state, t) => numbers.add(dot(numbers, C[t], state), numbers.multiply(D, x[t])))
  const M = unroll(numbers, scan)
  const tokens = numbered('t', x.length)
  const last = x.length - 1
  return [
    {
      title: 'What each token writes',
      formula: 'u = delta x B',
      why: 'The value of the token, scaled by its step width, goes into each number of the state as far as B says.',
      matrices: [stateMatrix(numbers, 'u', written)],
    },
    {
      title: 'The state, token by token',
      formula: 'h_t = decay_t h_(t-1) + u_t',
      why: 'The state of before fades by its decay, and what the token writes is added. This is all that is kept: the state has the same size after four tokens and after four million.',
      ...(last > 0 && {
        example: `state 1 after token 2: ${numbers.format(decay[1][0])}·${numbers.format(h[0][0])} + ${numbers.format(written[1][0])} = ${numbers.format(h[1][0])}`,
      }),
      matrices: [stateMatrix(numbers, 'h', h)],
    },
    {
      title: 'What each token reads',
      formula: 'y_t = C_t · h_t + D x_t',
      why: 'C says which numbers of the state answer this token; D lets a share of the token itself pass by.',
      matrices: [
        labelled(
          numbers,
          'y',
          y.map((value) => [value]),
          tokens,
          ['y'],
        ),
      ],
    },
    {
      title: 'Unrolled: the attention that is hidden in it',
      formula: 'y = M x,  M_ts = C_t · (decay_t ... decay_(s+1) delta_s B_s), + D on the diagonal',
      why: 'Written out, each output is a sum over all earlier tokens, with weights that fade: a matrix like that of attention, zero above the diagonal. Training uses this form, as it is not sequential; M x gives the same y.',
      matrices: [
        labelled(numbers, 'M', M, tokens, tokens),
        labelled(
          numbers,
          'Mx',
          M.map((row) => [dot(numbers, row, x)]),
          tokens,
          ['M x'],
        ),
      ],
    },
  ]
}

/** y = M x. [T, T] */
function unroll<N>(numbers: Numbers<N>, { delta, decay, B, C, D }: Scan<N>): N[][] {
  const none = numbers.of(fraction(0))
  return delta.map((_, t) =>
    delta.map((step, s) => {
      if (s > t) return none
      const faded = B[s].map((b, n) => {
        let value = numbers.multiply(step, b)
        for (let r = s + 1; r <= t; r++) value = numbers.multiply(decay[r][n], value)
        return value
      })
      const weight = dot(numbers, C[t], faded)
      return s === t ? numbers.add(weight, D) : weight
    }),
  )
}

/** [T, N] */
function stateMatrix<N>(numbers: Numbers<N>, id: string, matrix: Matrix<N>) {
  return labelled(numbers, id, matrix, numbered('t', matrix.length), numbered('n', matrix[0].length))
}
