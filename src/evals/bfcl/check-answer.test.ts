import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { checkAnswer } from './check-answer.ts'
import type { Call, FunctionDescription } from './check-call.ts'
import { type BfclItem, categories, type Category, readDataSet } from './data-set.ts'
import { readPythonJson, type PythonRecord, type PythonValue } from './python-value.ts'
import { faultyAnswers, replay, unanswerable } from '../../../test/support/bfcl-replay.ts'

const folder = new URL('../../../../shared/data/bfcl-dev/', import.meta.url)

function item(category: Category, parameters: object, accepted: object, required: string[] = []): BfclItem {
  const functions = [{ name: 'f', parameters: { properties: parameters, required } }] as FunctionDescription[]
  const line = JSON.stringify({ id: 'x', question: [[]], function: functions, ground_truth: [{ f: accepted }] })
  return readDataSet(category, line)[0]
}

function verdict(item: BfclItem, ...calls: string[]): string {
  const read = calls.map((text): Call => ({ name: 'f', arguments: readPythonJson(text) as PythonRecord }))
  return checkAnswer(item, { calls: read })?.kind ?? 'right'
}

describe('types', () => {
  const rows: [string, object, PythonValue[], string, string][] = [
    ['an int for an int', { type: 'integer' }, [5n], '{"a": 5}', 'right'],
    ['a float for an int', { type: 'integer' }, [5n], '{"a": 5.0}', 'wrong-type'],
    ['an int for a float', { type: 'float' }, [5], '{"a": 5}', 'right'],
    ['a string for an int', { type: 'integer' }, [5n], '{"a": "5"}', 'wrong-type'],
    ['true for an int', { type: 'integer' }, [1n], '{"a": true}', 'wrong-type'],
    ['an int beyond 2^53', { type: 'integer' }, [9007199254740993n], '{"a": 9007199254740992}', 'wrong-value'],
    ['a variable for an int', { type: 'integer' }, ['n'], '{"a": "n"}', 'right'],
    ['a variable is compared as it is', { type: 'integer' }, ['n'], '{"a": "N"}', 'wrong-value'],
    ['null', { type: 'string' }, ['x'], '{"a": null}', 'wrong-type'],
  ]
  it.each(rows)('%s', (_, parameter, accepted, given, expected) => {
    // Floats must be written as floats: JSON.stringify drops the point.
    const values = accepted.map((value) =>
      typeof value === 'bigint' ? String(value) : typeof value === 'number' ? value.toFixed(1) : JSON.stringify(value),
    )
    const functions = JSON.stringify([{ name: 'f', parameters: { properties: { a: parameter } } }])
    const line = `{"id": "x", "question": [[]], "function": ${functions}, "ground_truth": [{"f": {"a": [${values.join()}]}}]}`
    expect(verdict(readDataSet('simple_python', line)[0], given)).toBe(expected)
  })

  it('numbers in lists are not converted', () => {
    const line =
      '{"id": "x", "question": [[]], "function": [{"name": "f", "parameters": {"properties": {"a": {"type": "array", "items": {"type": "float"}}}}}], "ground_truth": [{"f": {"a": [[1.0, 2.5]]}}]}'
    const [floats] = readDataSet('simple_python', line)
    expect(verdict(floats, '{"a": [1.0, 2.5]}')).toBe('right')
    expect(verdict(floats, '{"a": [1, 2.5]}')).toBe('wrong-type')
  })
})

describe('values', () => {
  it('compares texts without case, blanks and punctuation', () => {
    const date = item('simple_python', { a: { type: 'string' } }, { a: ['April 1, 2024'] })
    expect(verdict(date, '{"a": "april 1 2024"}')).toBe('right')
    expect(verdict(date, '{"a": "April 2, 2024"}')).toBe('wrong-value')
  })

  it('lists keep their order, their texts are normalised', () => {
    const list = item(
      'simple_python',
      { a: { type: 'array', items: { type: 'string' } } },
      { a: [['New York', 'Oslo']] },
    )
    expect(verdict(list, '{"a": ["new york", "OSLO"]}')).toBe('right')
    expect(verdict(list, '{"a": ["Oslo", "New York"]}')).toBe('wrong-value')
  })

  it('objects: known keys, one of their values, none missing but optional ones', () => {
    const object = item('simple_python', { a: { type: 'dict' } }, { a: [{ x: ['one', 'eins'], y: [2, ''] }] })
    expect(verdict(object, '{"a": {"x": "Eins"}}')).toBe('right')
    expect(verdict(object, '{"a": {"x": "one", "y": 2}}')).toBe('right')
    expect(verdict(object, '{"a": {"x": "one", "y": 3}}')).toBe('wrong-value')
    expect(verdict(object, '{"a": {"y": 2}}')).toBe('wrong-value')
    expect(verdict(object, '{"a": {"x": "one", "z": 2}}')).toBe('wrong-value')
  })

  it('lists of objects', () => {
    const list = item(
      'simple_python',
      { a: { type: 'array', items: { type: 'dict' } } },
      { a: [[{ x: [1] }, { x: [2] }]] },
    )
    expect(verdict(list, '{"a": [{"x": 1}, {"x": 2}]}')).toBe('right')
    expect(verdict(list, '{"a": [{"x": 2}, {"x": 1}]}')).toBe('wrong-value')
    expect(verdict(list, '{"a": [{"x": 1}]}')).toBe('wrong-value')
  })
})

describe('parameters and counts', () => {
  const two = item('simple_python', { a: { type: 'integer' }, b: { type: 'string' } }, { a: [1], b: ['x', ''] }, ['a'])

  it('optional ones may be left out where the answer says so', () => {
    expect(verdict(two, '{"a": 1}')).toBe('right')
    expect(verdict(two, '{"b": "x"}')).toBe('missing-required')
    const must = item('simple_python', { a: { type: 'integer' } }, { a: [1] })
    expect(verdict(must, '{}')).toBe('missing-optional')
  })

  it('what the answer does not know is wrong', () => {
    expect(verdict(two, '{"a": 1, "c": 2}')).toBe('unexpected-parameter')
    expect(verdict(two, '{"a": 1, "toString": 2}')).toBe('unexpected-parameter')
  })

  it('counts and names', () => {
    expect(verdict(two)).toBe('wrong-count')
    expect(verdict(two, '{"a": 1}', '{"a": 1}')).toBe('wrong-count')
    expect(checkAnswer(two, { calls: [{ name: 'g', arguments: { a: 1n } }] })?.kind).toBe('wrong-name')
    expect(checkAnswer(two, { calls: [], unreadable: 'no JSON' })?.kind).toBe('unreadable')
  })
})

describe('foreign languages', () => {
  it('Java values are literals in strings', () => {
    const java = item('simple_java', { a: { type: 'ArrayList', items: { type: 'long' } } }, { a: [[1, 2]] })
    expect(verdict(java, '{"a": "new ArrayList<Long>(Arrays.asList(1L, 2L))"}')).toBe('right')
    expect(verdict(java, '{"a": [1, 2]}')).toBe('wrong-type')
    const map = item('simple_java', { a: { type: 'HashMap' } }, { a: [{ limit: [50], filter: ['x'] }] })
    expect(
      verdict(map, '{"a": "new HashMap<String, Object>() {{ put(\\"limit\\", 50); put(\\"filter\\", \\"x\\"); }}"}'),
    ).toBe('right')
  })

  it('JavaScript too', () => {
    const list = item('simple_javascript', { a: { type: 'array', items: { type: 'String' } } }, { a: [['x', 'y']] })
    expect(verdict(list, `{"a": "['x', 'y']"}`)).toBe('right')
    expect(verdict(list, `{"a": "['x']"}`)).toBe('wrong-value')
    const object = item('simple_javascript', { a: { type: 'dict' } }, { a: [{ method: ['GET'] }] })
    expect(verdict(object, `{"a": "{method: 'GET'}"}`)).toBe('right')
  })
})

describe('whether to call', () => {
  const none: BfclItem = { id: 'x', category: 'irrelevance', messages: [], functions: [], accepted: [] }
  const call: Call = { name: 'f', arguments: {} }

  it('irrelevance wants no call, relevance any', () => {
    expect(checkAnswer(none, { calls: [] })).toBeUndefined()
    expect(checkAnswer(none, { calls: [call] })?.kind).toBe('called')
    expect(checkAnswer({ ...none, category: 'live_relevance' }, { calls: [] })?.kind).toBe('not-called')
    expect(checkAnswer({ ...none, category: 'live_relevance' }, { calls: [call] })).toBeUndefined()
  })
})

describe.skipIf(!existsSync(folder))('the development half', () => {
  it.each(categories)('%s: the ground truth is right, every mutation of it wrong', async (category) => {
    const items = readDataSet(category, await readFile(new URL(`${category}.jsonl`, folder), 'utf8'))
    expect(items.length).toBeGreaterThan(0)
    for (const entry of items) {
      if (unanswerable.has(entry.id)) continue
      const fault = checkAnswer(entry, replay(entry))
      expect(fault, `${entry.id}: ${fault?.message}`).toBeUndefined()
      for (const { mutation, answer } of faultyAnswers(entry)) {
        expect(checkAnswer(entry, answer), `${entry.id}, ${mutation}`).toBeDefined()
      }
    }
  })
})
