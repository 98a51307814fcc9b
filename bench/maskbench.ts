/**
 * MaskBench: real schemas with right and wrong instances. Here is what the engine accepts and how long it takes to compile; what masks
 * over a vocabulary cost is a program of its own that yields its figures at the end.
 */
import type { Figure } from './figure.ts'
import { judge, noData, readSchemaTests, sharedSchemaData } from './schema-tests.ts'
import type { BenchOptions } from './suite.ts'

export async function* maskbench({ data }: BenchOptions): AsyncGenerator<Figure> {
  const path = data ?? sharedSchemaData('maskbench-dev.jsonl.gz')
  if (path === undefined) throw noData('maskbench')
  const schemas = readSchemaTests(path)
  const judged = schemas.map((item) => ({ ...judge(item, { whitespace: 'any' }), tests: item.tests.length }))
  const number = (condition: (item: (typeof judged)[number]) => boolean) => judged.filter(condition).length
  const passing = number((item) => item.refused === undefined && item.right === item.tests)
  const refused = number((item) => item.refused !== undefined)
  const share = (part: number) => (part / schemas.length) * 100

  yield count('maskbench schemas', '', schemas.length)
  yield count('maskbench right', '', passing)
  yield { ...count('maskbench right', '', share(passing), '>= 92', '>= 98'), unit: '%' }
  yield count('maskbench refused', '', refused)
  yield { ...count('maskbench refused', '', share(refused), '<= 4', '<= 1'), unit: '%' }
  yield count(
    'maskbench unsound',
    '',
    number((item) => item.wronglyAccepted > 0),
    '<= 0',
    '<= 0',
  )
  yield count(
    'maskbench over-strict',
    '',
    number((item) => item.wronglyRejected > 0),
  )
  yield count(
    'maskbench crashed',
    '',
    number((item) => item.crash !== undefined),
    '<= 0',
    '<= 0',
  )
  yield count(
    'maskbench over 1 s',
    '',
    number((item) => item.slowestMs > 1_000),
    '<= 0',
    '<= 0',
  )
  const compileTimes = judged.map((item) => item.compileMs)
  yield latency('maskbench compile p50', '', quantile(compileTimes, 0.5))
  yield latency('maskbench compile p99', '', quantile(compileTimes, 0.99))
  yield latency('maskbench compile max', '', quantile(compileTimes, 1))
}

export function count(figure: string, part: string, ours: number | undefined, must?: string, aim?: string): Figure {
  return { figure, model: part, ours, peer: undefined, ratio: undefined, must, aim, unit: '', runs: 1 }
}

export function latency(figure: string, part: string, ours: number | undefined, must?: string, aim?: string): Figure {
  return { ...count(figure, part, ours, must, aim), unit: 'ms' }
}

/** The value that a share of the values is not above; undefined where there are none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted.at(Math.min(sorted.length - 1, Math.floor(sorted.length * share)))
}
