/**
 * A mixture-of-experts router by hand: gates, the best k experts of each token, and slots that run out, so that a token passes by an
 * expert through the residual only. Tokens are rows here, as in the engine.
 */
import type { Approximation } from './attention-weights.ts'
import { assignSlots, chooseExperts, weighChoices } from './choose-experts.ts'
import type { Choice, Renormalisation } from './choose-experts.ts'
import type { Explanation, LabelledMatrix, Matrix, Step } from './explanation.ts'
import { labelled, numbered } from './explanation.ts'
import { floor, fraction, multiply, power } from './fraction.ts'
import type { Fraction } from './fraction.ts'
import {
  checkExponent,
  readCount,
  readFraction,
  readMatrix,
  readObject,
  readVector,
  readWord,
  refuseUnknownKeys,
} from './input.ts'
import type { ExerciseInput } from './input.ts'
import { convert, mapMatrix, product, sum, transpose, writeDot } from './matrix.ts'
import { decimals, exponential, floats, formatNumber, fractions } from './numbers.ts'
import type { Numbers } from './numbers.ts'

const example: ExerciseInput = {
  X: [
    [1, 0],
    [0, 1],
    [1, 1],
    [2, 1],
  ],
  W: [
    [-1, 2],
    [0, -1],
    [1, 1],
  ],
}

interface Routing {
  /** [T, D] */
  readonly X: Matrix<Fraction>
  /** [T, E] */
  readonly logits: Matrix<Fraction>
  readonly k: number
  readonly capacityFactor: Fraction
  /** Slots of each expert. */
  readonly capacity: number
  readonly renormalise: Renormalisation
  /** Expert e is the function x -> factors[e] x. [E] */
  readonly factors: readonly Fraction[]
}

/**
 * Routes the tokens of `input` {X [T, D], W [E, D]; k default 2, capacityFactor default 5/4, renormalise `before` (default: before
 * tokens are dropped), `after` or `none`, factors [E]: expert e multiplies its input by factor e, default 10, 100, ...}.
 * @throws OstroError `invalid-argument` naming the field that does not fit
 */
export function explainRouter(approximation: Approximation = 'by-hand', input: unknown = example): Explanation {
  const given = readObject('the input of router', input)
  refuseUnknownKeys('the input of router', given, ['X', 'W', 'k', 'capacityFactor', 'renormalise', 'factors'])
  const X = readMatrix('X', given['X'])
  const W = readMatrix('W', given['W'], { columns: X[0].length })
  const [T, E] = [X.length, W.length]
  const capacityFactor =
    given['capacityFactor'] === undefined ? fraction(5, 4) : readFraction('capacityFactor', given['capacityFactor'])
  const routing: Routing = {
    X,
    logits: product(fractions, X, transpose(W)),
    k: given['k'] === undefined ? Math.min(2, E) : readCount('k', given['k'], 1, E),
    capacityFactor,
    capacity: Math.min(T, Math.max(1, Number(floor(multiply(capacityFactor, fraction(T, E)))))),
    renormalise:
      given['renormalise'] === undefined
        ? 'before'
        : readWord('renormalise', given['renormalise'], ['before', 'after', 'none']),
    factors:
      given['factors'] === undefined
        ? W.map((_, e) => power(fraction(10), BigInt(e + 1)))
        : readVector('factors', given['factors'], E),
  }
  return {
    topic: 'router',
    title: `A router by hand: ${T} tokens, ${E} experts, top ${routing.k}`,
    summary:
      'A mixture of experts has several feed-forward blocks and uses few of them for each token. The router decides which, how much each counts, and what happens when an expert is full.',
    steps: [logitStep(X, W, routing.logits), ...gateSteps(approximation, routing)],
    sources: [
      'Lepikhin et al. 2020, GShard, Algorithm 1 (top-2, capacity, first choices before second ones)',
      'Fedus et al. 2021, Switch Transformers, equations 3 to 6 (capacity, balance loss)',
      'Zoph et al. 2022, ST-MoE, equation 5 (z-loss)',
    ],
  }
}

function logitStep(X: Matrix<Fraction>, W: Matrix<Fraction>, logits: Matrix<Fraction>): Step {
  return {
    title: 'Logits: how well does each expert fit each token?',
    formula: 'L = X W^T',
    why: 'The router is one small matrix with a row for each expert. Its product with a token is a score; a higher one means a better fit.',
    example: `token 1 and expert 1: ${writeDot(fractions, X[0], W[0])}`,
    matrices: [
      labelled(fractions, 'X', X, numbered('x', X.length), numbered('f', X[0].length)),
      labelled(fractions, 'W', W, numbered('e', W.length), numbered('f', X[0].length)),
      gateMatrix(fractions, 'L', logits),
    ],
  }
}

function gateSteps(approximation: Approximation, routing: Routing): Step[] {
  const { logits } = routing
  switch (approximation) {
    case 'by-hand': {
      const rounded = mapMatrix(logits, (logit) => checkExponent('L', fraction(floor(logit))))
      const powers = mapMatrix(rounded, (logit) => power(fraction(3), logit.numerator))
      return routeSteps(fractions, powers, byHandFormula, routing)
    }
    case 'exact':
      return routeSteps(
        decimals,
        mapMatrix(logits, (logit) => exponential(checkExponent('L', logit))),
        'e^L',
        routing,
      )
    case 'softmax': {
      const powers = convert(floats, logits).map((row) => row.map((logit) => Math.exp(logit - Math.max(...row))))
      return routeSteps(floats, powers, 'e^(L - max of the row)', routing)
    }
    default:
      return approximation satisfies never
  }
}

const byHandFormula = '3^floor(L)'
const byHandReason =
  ' By hand, whole parts of the scores are enough and 3 stands for e, so that the shares are fractions.'

function routeSteps<N>(numbers: Numbers<N>, powers: Matrix<N>, formula: string, routing: Routing): Step[] {
  const { k, capacity, renormalise } = routing
  const shares = 'The softmax over the experts turns scores into shares.'
  const gateReason = formula === byHandFormula ? shares + byHandReason : shares
  const sums = powers.map((row) => sum(numbers, row))
  const gates = mapMatrix(powers, (value, token) => numbers.divide(value, sums[token]))
  const ranked = chooseExperts(numbers, gates, k)
  const choices = assignSlots(ranked, capacity)
  const weights = weighChoices(numbers, gates, choices, renormalise)
  return [
    {
      title: 'Gates: each row sums to 1',
      formula: `p = ${formula} / sum of the row`,
      why: gateReason,
      example: `token 1 and expert 1: ${numbers.format(powers[0][0])} / (${numbers.format(sums[0])}) = ${numbers.format(gates[0][0])}`,
      matrices: [gateMatrix(numbers, 'powers', powers), gateMatrix(numbers, 'p', gates)],
    },
    choiceStep(numbers, ranked, gates, routing),
    capacityStep(choices, routing),
    mixtureStep(numbers, choices, weights, routing),
    balanceStep(numbers, gates, routing),
  ]
}

function choiceStep<N>(
  numbers: Numbers<N>,
  ranked: readonly (readonly number[])[],
  gates: Matrix<N>,
  { k, renormalise }: Routing,
): Step {
  const everybody = ranked.map((row) => row.map((expert, rank) => ({ expert, rank, slot: 0 })))
  const weights = weighChoices(numbers, gates, everybody, renormalise === 'none' ? 'none' : 'before')
  const note =
    renormalise === 'none'
      ? 'Their gates are used as they are.'
      : 'Their gates are divided by their sum, so that the weights of a token sum to 1 again.'
  return {
    title: `The best ${k === 1 ? 'expert' : `${k} experts`} of each token`,
    formula: renormalise === 'none' ? 'w = p of the chosen' : 'w = p / sum of the chosen p',
    why: `Only ${k} of the experts will run, which is what makes the model sparse. ${note}`,
    matrices: [
      {
        id: 'experts',
        rows: numbered('x', ranked.length),
        columns: numbered('choice ', k),
        values: ranked.map((row) => row.map((expert) => `e${expert + 1}`)),
      },
      labelled(numbers, 'weights', weights, numbered('x', ranked.length), numbered('choice ', k)),
    ],
  }
}

function capacityStep(
  choices: readonly (readonly Choice[])[],
  { X, logits, capacity, capacityFactor, k }: Routing,
): Step {
  const [T, E] = [X.length, logits[0].length]
  const slots = Array.from({ length: E }, () => Array.from({ length: capacity }, () => '-'))
  choices.forEach((row, token) =>
    row.forEach(({ expert, rank, slot }) => {
      if (slot !== undefined) slots[expert][slot] = `x${token + 1}, choice ${rank + 1}`
    }),
  )
  const dropped = choices.flatMap((row, token) =>
    row.every(({ slot }) => slot === undefined) ? [`x${token + 1}`] : [],
  )
  const lost =
    dropped.length === 0
      ? 'No token loses all its experts.'
      : `${dropped.join(' and ')} ${dropped.length === 1 ? 'finds' : 'find'} no slot at all.`
  return {
    title: 'Capacity: slots that run out',
    formula: `C = floor(${fractions.format(capacityFactor)} · ${T} / ${E}) = ${capacity}`,
    why: `Batches of fixed size are fast, so each expert takes at most C tokens. All first choices come first, in the order of the tokens, then the ${k > 1 ? 'second ones' : 'rest'}. ${lost}`,
    matrices: [
      { id: 'slots', rows: numbered('e', E), columns: numbered('slot ', capacity), values: slots },
      {
        id: 'kept',
        rows: numbered('x', T),
        columns: numbered('choice ', k),
        values: choices.map((row) =>
          row.map(({ expert, slot }) => `e${expert + 1} ${slot === undefined ? 'full' : 'kept'}`),
        ),
      },
    ],
  }
}

function mixtureStep<N>(
  numbers: Numbers<N>,
  choices: readonly (readonly Choice[])[],
  weights: Matrix<N>,
  { X, factors }: Routing,
): Step {
  const inputs = convert(numbers, X)
  const outputs = inputs.map((x, token) =>
    x.map((value) =>
      choices[token].reduce((total, { expert, slot }, rank) => {
        if (slot === undefined) return total
        return numbers.add(
          total,
          numbers.multiply(weights[token][rank], numbers.multiply(numbers.of(factors[expert]), value)),
        )
      }, value),
    ),
  )
  const rules = factors.map((factor, expert) => `e${expert + 1}(x) = ${fractions.format(factor)} x`)
  return {
    title: 'The mixture, and the way around it',
    formula: 'y = x + sum of w e(x) over the kept choices',
    why: `Here the experts are simple functions, so that their shares can be read off: ${rules.join(', ')}. A token without a slot keeps only the residual: y = x.`,
    matrices: [labelled(numbers, 'y', outputs, numbered('y', X.length), numbered('f', X[0].length))],
  }
}

function balanceStep<N>(numbers: Numbers<N>, gates: Matrix<N>, { logits }: Routing): Step {
  const [T, E] = [gates.length, gates[0].length]
  const first = chooseExperts(numbers, gates, 1).map(([expert]) => expert)
  const f = Array.from({ length: E }, (_, expert) =>
    numbers.of(fraction(first.filter((chosen) => chosen === expert).length, T)),
  )
  const P = transpose(gates).map((column) => numbers.divide(sum(numbers, column), numbers.of(fraction(T))))
  const total = sum(
    numbers,
    f.map((share, expert) => numbers.multiply(share, P[expert])),
  )
  const balance = numbers.multiply(numbers.of(fraction(E)), total)
  const z = convert(floats, logits).map(
    (row) => (Math.max(...row) + Math.log(row.reduce((s, l) => s + Math.exp(l - Math.max(...row)), 0))) ** 2,
  )
  const experts = numbered('e', E)
  return {
    title: 'Balance: what training adds to the loss',
    formula: 'balance = E · sum of f_e P_e,  z = mean of (ln of the sum of e^L)^2',
    why: `f is the share of tokens whose first choice an expert is, P its mean gate. Balance is 1 where all are used alike and grows as one draws all tokens; the z-loss keeps logits small: here ${formatNumber(z.reduce((a, b) => a + b, 0) / T)}.`,
    matrices: [
      labelled(numbers, 'f', [f], ['f'], experts),
      labelled(numbers, 'P', [P], ['P'], experts),
      labelled(numbers, 'balance', [[balance]], [''], ['loss']),
    ],
  }
}

/** [T, E] */
function gateMatrix<N>(numbers: Numbers<N>, id: string, matrix: Matrix<N>): LabelledMatrix {
  return labelled(numbers, id, matrix, numbered('x', matrix.length), numbered('e', matrix[0].length))
}
