/** What every explanation is: a list of steps with a formula, a reason and labelled matrices. Plain data, so that it is JSON as it stands. */
import type { Numbers } from './numbers.ts'

export interface Explanation {
  /** `attention`, `router`, `scan`, or an architecture's name. */
  readonly topic: string
  readonly title: string
  /** What the reader will have seen at the end. */
  readonly summary: string
  readonly steps: readonly Step[]
  readonly sources: readonly string[]
}

export interface Step {
  readonly title: string
  readonly formula: string
  /** One or two sentences for a reader who sees this for the first time. */
  readonly why: string
  /** One cell worked out in full. */
  readonly example?: string
  /** Words that the step brings, explained. */
  readonly terms?: readonly Term[]
  readonly matrices: readonly LabelledMatrix[]
}

export interface Term {
  readonly term: string
  readonly text: string
}

export interface LabelledMatrix {
  /** The name in formulas, such as `KTQ`. */
  readonly id: string
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  /** Cells as text: `9/46`, or decimals where the value is no fraction. [rows][columns] */
  readonly values: readonly (readonly string[])[]
  /** The same cells as numbers; absent where cells are words. */
  readonly decimals?: readonly (readonly number[])[]
}

export type Matrix<N> = readonly (readonly N[])[]

/** A matrix of numbers under a name. */
export function labelled<N>(
  numbers: Numbers<N>,
  id: string,
  matrix: Matrix<N>,
  rows: readonly string[],
  columns: readonly string[],
): LabelledMatrix {
  return {
    id,
    rows,
    columns,
    values: matrix.map((row) => row.map(numbers.format)),
    decimals: matrix.map((row) => row.map(numbers.toNumber)),
  }
}

/** `x1 x2 x3`: subscripts count from 1, as on paper. */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}`)
}
