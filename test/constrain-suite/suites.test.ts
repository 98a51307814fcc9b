/** The JSON Schema suite and a fixed sample of MaskBench against their ratchets, without one false accept. */
import { beforeAll, describe, expect, test } from 'vitest'
import { suiteOptions } from '../../bench/schema-suite.ts'
import { type Judgement, judge, readSchemaTests, sharedSchemaData } from '../../bench/schema-tests.ts'
import { fallenBehind } from './ratchet.ts'

const suite = sharedSchemaData('test-suite-2020-12.jsonl')
const maskbench = sharedSchemaData('maskbench-dev.jsonl.gz')
/** Every so many schemas of MaskBench are in the sample. */
const stride = 8

if (suite === undefined || maskbench === undefined) {
  console.warn('SKIPPED: the JSON Schema suites need ../shared/data/json-schema, which is not there.')
}

describe.skipIf(suite === undefined)('the JSON Schema suite, draft 2020-12', () => {
  const items = suite === undefined ? [] : readSchemaTests(suite)
  checks('suite', () => items.map((item) => judge(item, suiteOptions(item))))
})

describe.skipIf(maskbench === undefined)('a sample of MaskBench', () => {
  const items = maskbench === undefined ? [] : readSchemaTests(maskbench)
  const sample = items.filter((_, index) => index % stride === 3)
  checks('maskbench', () => sample.map((item) => judge(item, { whitespace: 'any' })))
})

function checks(name: string, judgeAll: () => readonly Judgement[]): void {
  let judged: readonly Judgement[] = []
  beforeAll(() => {
    judged = judgeAll()
  })

  test('accepts nothing wrong', () => {
    expect(judged.filter((item) => item.wronglyAccepted > 0).map((item) => item.id)).toEqual([])
  })

  test('crashes nowhere', () => {
    expect(judged.filter((item) => item.crash !== undefined).map((item) => [item.id, item.crash])).toEqual([])
  })

  test('what was right is right', () => {
    expect(fallenBehind(name, judged)).toEqual([])
  })
}
