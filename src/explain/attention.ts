/**
 * Self-attention by hand, after the exercise of Prof. Tom Yeh: tokens are the columns of X, K^T Q has a row for each key and a column
 * for each query, and the softmax runs down the columns.
 */
import type { Explanation, LabelledMatrix, Matrix, Step } from './explanation.ts'
import { labelled, numbered } from './explanation.ts'
import type { Approximation } from './attention-weights.ts'
import { weightSteps } from './attention-weights.ts'
import type { Fraction } from './fraction.ts'
import type { ExerciseInput } from './input.ts'
import { readMatrix, readObject } from './input.ts'
import { product, transpose, writeDot } from './matrix.ts'
import { fractions } from './numbers.ts'

/** The published exercise: ImagineAILab/ai-by-hand-excel, advanced/Self-Attention.xlsx (MIT licence). */
const yeh: ExerciseInput = {
  X: [
    [2, 0, 0, 2],
    [0, 1, 0, 0],
    [0, 2, 1, 0],
    [0, 0, 1, 1],
    [2, 0, 0, 0],
    [1, 0, 1, 1],
  ],
  WQ: [
    [1, 1, 0, 0, 0, 0],
    [0, 1, 0, 1, 0, 0],
    [0, 0, 1, 0, 1, 1],
  ],
  WK: [
    [0, 0, 1, 0, 0, 0],
    [0, 1, 0, 0, 0, 0],
    [1, 0, 0, 0, 0, -1],
  ],
  WV: [
    [10, 0, 0, 0, 0, 0],
    [0, 0, 0, 10, 0, 0],
    [0, 10, 0, 0, 0, 0],
  ],
}

/**
 * Works attention over `input` {X [D, T], WQ and WK [d_k, D], WV [d_v, D]}; default the published exercise.
 * @throws OstroError `invalid-argument` naming the matrix that does not fit
 */
export function explainAttention(approximation: Approximation = 'by-hand', input: unknown = yeh): Explanation {
  const given = readObject('the input of attention', input)
  const X = readMatrix('X', given['X'])
  const WQ = readMatrix('WQ', given['WQ'], { columns: X.length })
  const WK = readMatrix('WK', given['WK'], { columns: X.length, rows: WQ.length })
  const WV = readMatrix('WV', given['WV'], { columns: X.length })
  const Q = product(fractions, WQ, X)
  const K = product(fractions, WK, X)
  const V = product(fractions, WV, X)
  const scores = product(fractions, transpose(K), Q)
  return {
    topic: 'attention',
    title: 'Self-attention by hand',
    summary: summaries[approximation],
    steps: [
      inputStep(X),
      projectionStep({ X, WQ, WK, WV, Q, K, V }),
      scoreStep(K, Q, scores),
      ...weightSteps(approximation, { scores, V, keyWidth: WQ.length }),
    ],
    sources: [
      'Prof. Tom Yeh, AI by Hand: self-attention (advanced/Self-Attention.xlsx of ImagineAILab/ai-by-hand-excel, MIT licence)',
      'Vaswani et al. 2017, Attention Is All You Need, equation 1',
    ],
  }
}

const summaries: Readonly<Record<Approximation, string>> = {
  'by-hand':
    'Each token looks at all tokens and takes a mixture of what they have to say. Two short cuts keep it in fractions: floor(x / 2) stands for the division by the square root of d_k, and 3^x for e^x.',
  exact:
    'Each token looks at all tokens and takes a mixture of what they have to say. Nothing is approximated: roots and powers of e are worked out to 30 places.',
  softmax:
    'Each token looks at all tokens and takes a mixture of what they have to say, computed as a machine does it: 64-bit floating point, with the maximum taken off before the exponential.',
}

function inputStep(X: Matrix<Fraction>): Step {
  const T = X[0].length
  return {
    title: 'The tokens',
    formula: 'X = [x1 ... xT]',
    why: `Each of the ${T} columns is one token: ${X.length} numbers that say what the model knows of it so far.`,
    matrices: [labelled(fractions, 'X', X, numbered('feature ', X.length), numbered('x', T))],
  }
}

interface Projected {
  readonly X: Matrix<Fraction>
  readonly WQ: Matrix<Fraction>
  readonly WK: Matrix<Fraction>
  readonly WV: Matrix<Fraction>
  readonly Q: Matrix<Fraction>
  readonly K: Matrix<Fraction>
  readonly V: Matrix<Fraction>
}

function projectionStep({ X, WQ, WK, WV, Q, K, V }: Projected): Step {
  const T = X[0].length
  const features = numbered('f', X.length)
  const weight = (id: string, row: string, matrix: Matrix<Fraction>): LabelledMatrix =>
    labelled(fractions, id, matrix, numbered(row, matrix.length), features)
  const projected = (id: string, name: string, matrix: Matrix<Fraction>): LabelledMatrix =>
    labelled(fractions, id, matrix, numbered('', matrix.length), numbered(name, T))
  return {
    title: 'Queries, keys and values',
    formula: 'Q = WQ X,  K = WK X,  V = WV X',
    why: 'Three learned matrices give each token three roles: the query says what it looks for, the key what it can be found by, and the value what it hands over when found.',
    example: `first number of q1 = row 1 of WQ times x1: ${writeDot(fractions, WQ[0], transpose(X)[0])}`,
    matrices: [
      weight('WQ', 'wq', WQ),
      projected('Q', 'q', Q),
      weight('WK', 'wk', WK),
      projected('K', 'k', K),
      weight('WV', 'wv', WV),
      projected('V', 'v', V),
    ],
  }
}

function scoreStep(K: Matrix<Fraction>, Q: Matrix<Fraction>, scores: Matrix<Fraction>): Step {
  const T = scores.length
  return {
    title: 'Scores: how well does each key answer each query?',
    formula: 'S = K^T Q',
    why: 'A score is the product of a key and a query, entry by entry, summed: large where they point the same way. Each column holds the scores that one query gives to all keys.',
    example: `k1 with q1: ${writeDot(fractions, transpose(K)[0], transpose(Q)[0])}`,
    matrices: [labelled(fractions, 'KTQ', scores, numbered('k', T), numbered('q', T))],
  }
}
