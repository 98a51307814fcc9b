/** The official JSON Schema test suite (draft 2020-12), test by test: how many are right, and what the others are. */
import type { Figure } from './figure.ts'
import { count, latency, quantile } from './maskbench.ts'
import { judge, noData, readSchemaTests, type SchemaTests, sharedSchemaData } from './schema-tests.ts'
import type { BenchOptions } from './suite.ts'

export async function* schemaSuite({ data }: BenchOptions): AsyncGenerator<Figure> {
  const path = data ?? sharedSchemaData('test-suite-2020-12.jsonl')
  if (path === undefined) throw noData('schema-suite')
  const all = readSchemaTests(path)
  yield* figuresOf(
    all.filter(({ id }) => !id.startsWith('optional/')),
    'required',
    true,
  )
  yield* figuresOf(
    all.filter(({ id }) => id.startsWith('optional/')),
    'optional',
    false,
  )
}

/** The suite has formats as annotations, but for the files that test them. */
export function suiteOptions({ id }: SchemaTests) {
  return { whitespace: 'any', formats: id.startsWith('optional/format') } as const
}

function* figuresOf(suite: readonly SchemaTests[], part: string, bounded: boolean): Iterable<Figure> {
  if (suite.length === 0) return
  const judged = suite.map((item) => ({ ...judge(item, suiteOptions(item)), tests: item.tests.length }))
  const sum = (value: (item: (typeof judged)[number]) => number) =>
    judged.reduce((total, item) => total + value(item), 0)
  const tests = sum((item) => item.tests)
  const right = sum((item) => item.right)
  const rate = (right / tests) * 100
  yield count('suite tests', part, tests)
  yield count('suite right', part, right)
  yield { ...count('suite right', part, rate, bounded ? '>= 85' : undefined, bounded ? '>= 95' : undefined), unit: '%' }
  yield count(
    'suite refused',
    part,
    sum((item) => (item.refused === undefined ? 0 : item.tests)),
  )
  yield count(
    'suite unsound (false accepts)',
    part,
    sum((item) => item.wronglyAccepted),
    '<= 0',
    '<= 0',
  )
  yield count(
    'suite over-strict',
    part,
    sum((item) => item.wronglyRejected),
  )
  yield count('suite crashed', part, judged.filter((item) => item.crash !== undefined).length, '<= 0', '<= 0')
  yield count('suite over 1 s', part, judged.filter((item) => item.slowestMs > 1_000).length, '<= 0', '<= 0')
  const compileTimes = judged.map((item) => item.compileMs)
  yield latency('suite compile p50', part, quantile(compileTimes, 0.5))
  yield latency('suite compile p99', part, quantile(compileTimes, 0.99))
}
