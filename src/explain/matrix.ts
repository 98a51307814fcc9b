/** Matrices over any kind of number, row by row: small, and only what the explanations need. */
import type { Matrix } from './explanation.ts'
import type { Fraction } from './fraction.ts'
import { zero } from './fraction.ts'
import type { Numbers } from './numbers.ts'

/** a [m, k], b [k, n] -> [m, n] */
export function product<N>(numbers: Numbers<N>, a: Matrix<N>, b: Matrix<N>): N[][] {
  const columns = transpose(b)
  return a.map((row) => columns.map((column) => dot(numbers, row, column)))
}

export function dot<N>(numbers: Numbers<N>, a: readonly N[], b: readonly N[]): N {
  return a.reduce<N>((sum, value, index) => numbers.add(sum, numbers.multiply(value, b[index])), numbers.of(zero))
}

export function sum<N>(numbers: Numbers<N>, values: readonly N[]): N {
  return values.reduce<N>((total, value) => numbers.add(total, value), numbers.of(zero))
}

export function transpose<N>(matrix: Matrix<N>): N[][] {
  const width = matrix[0]?.length ?? 0
  return Array.from({ length: width }, (_, column) => matrix.map((row) => row[column]))
}

export function mapMatrix<A, B>(matrix: Matrix<A>, map: (value: A, row: number, column: number) => B): B[][] {
  return matrix.map((row, y) => row.map((value, x) => map(value, y, x)))
}

/** The same matrix in another kind of number. */
export function convert<N>(numbers: Numbers<N>, matrix: Matrix<Fraction>): N[][] {
  return mapMatrix(matrix, numbers.of)
}

/** `1·2 + 0·1 = 2`: one cell of a product, written out. */
export function writeDot<N>(numbers: Numbers<N>, a: readonly N[], b: readonly N[]): string {
  const bracketed = (value: N): string => {
    const text = numbers.format(value)
    return text.startsWith('-') ? `(${text})` : text
  }
  const terms = a.map((value, index) => `${bracketed(value)}·${bracketed(b[index])}`)
  return `${terms.join(' + ')} = ${numbers.format(dot(numbers, a, b))}`
}
