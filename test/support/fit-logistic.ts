/** Logistic regression by Newton's method, for weights that are kept in the code. */

/** Of the variance of a feature: little enough to leave the weights alone, enough to have a minimum. */
const ridge = 0.01

/**
 * `rows` [N, F], `labels` [N] of 0 and 1, `counts` [N] how much each row counts.
 * @returns a weight per feature and the bias after them, of the log odds of 1
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  counts: readonly number[],
): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const spreads = rows[0].map((_, feature) => spreadOf(rows.map((row) => row[feature])))
  const scaled = rows.map((row) => [...row.map((value, feature) => value / spreads[feature]), 1])
  let weights = scaled[0].map(() => 0)
  for (let step = 0; step < 30; step++) {
    const gradient = weights.map((weight, i) => (i < spreads.length ? ridge * weight : 0))
    const curvature = weights.map((_, i) =>
      weights.map((__, j) => (i === j && i < spreads.length ? ridge : i === j ? 1e-9 : 0)),
    )
    for (const [index, row] of scaled.entries()) {
      const odds = row.reduce((sum, value, i) => sum + value * weights[i], 0)
      const probability = 1 / (1 + Math.exp(-odds))
      const count = counts[index] / total
      for (let i = 0; i < row.length; i++) {
        gradient[i] += count * (probability - labels[index]) * row[i]
        for (let j = 0; j < row.length; j++) {
          curvature[i][j] += count * probability * (1 - probability) * row[i] * row[j]
        }
      }
    }
    const change = solve(curvature, gradient)
    weights = weights.map((weight, i) => weight - change[i])
  }
  return weights.map((weight, i) => (i < spreads.length ? weight / spreads[i] : weight))
}

function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1
}

/** Gaussian elimination; the matrix is positive definite. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index]])
  for (let pivot = 0; pivot < rows.length; pivot++) {
    for (let below = pivot + 1; below < rows.length; below++) {
      const factor = rows[below][pivot] / rows[pivot][pivot]
      for (let column = pivot; column <= rows.length; column++) rows[below][column] -= factor * rows[pivot][column]
    }
  }
  const solution = right.map(() => 0)
  for (let row = rows.length - 1; row >= 0; row--) {
    const rest = rows[row][rows.length]
    const known = solution.reduce((sum, value, column) => (column > row ? sum + value * rows[row][column] : sum), 0)
    solution[row] = (rest - known) / rows[row][row]
  }
  return solution
}
