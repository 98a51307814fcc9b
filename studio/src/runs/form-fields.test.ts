import { describe, expect, it } from 'vitest'
import type { JsonSchema } from '../api/steps.ts'
import { type Field, type FieldValue, fieldsOf, formValue, labelOf } from './form-fields.ts'

const text: JsonSchema = { type: 'string' }
const schema: JsonSchema = {
  properties: {
    text,
    question: text,
    maxWords: { type: 'integer', minimum: 5, maximum: 500, default: 120 },
    share: { type: 'number', exclusiveMinimum: 0 },
    style: { type: 'string', enum: ['paragraph', 'bullets'], default: 'paragraph' },
    multi: { type: 'boolean', default: false },
    labels: { type: 'array', items: text, minItems: 1 },
    documents: { type: 'array', items: { type: 'object', properties: { id: text, text } } },
    examples: { type: 'array', items: { type: 'object', properties: { text, label: text } } },
    schema: { type: 'object' },
  },
  required: ['text', 'labels', 'style'],
}

const field = (name: string, part: 'input' | 'config' = 'config'): Field =>
  fieldsOf(schema, part).find((one) => one.name === name) as Field

const made = (name: string, value: FieldValue) => formValue([field(name)], { [name]: value })

it.each([
  ['maxWords', 'Max words'],
  ['best-of-n', 'Best of n'],
  ['self_consistency', 'Self consistency'],
  ['lats', 'LATS'],
])('calls %s %s', (name, label) => expect(labelOf(name)).toBe(label))

it('tells none of the choices from all of them', () => {
  const schema = { properties: { tools: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } } } }
  const fields = fieldsOf(schema, 'config')
  expect(fields[0]?.kind).toBe('choices')
  expect(formValue(fields, {})).toEqual({ ok: true, value: {} })
  expect(formValue(fields, { tools: 'b' })).toEqual({ ok: true, value: { tools: ['b'] } })
  expect(formValue(fields, { tools: '' })).toEqual({ ok: true, value: { tools: [] } })
})

describe('fields', () => {
  it('have the kind that their schema asks for', () => {
    const kinds = (part: 'input' | 'config') => fieldsOf(schema, part).map(({ kind }) => kind)
    expect(kinds('config').join(' ')).toBe('line line number number choice switch lines passages json json')
    expect(kinds('input').slice(0, 2)).toEqual(['text', 'line'])
    expect(field('labels', 'input').kind).toBe('passages')
  })

  it('are needed where there is no default', () => {
    expect(fieldsOf(schema, 'config').flatMap(({ name, required }) => (required ? [name] : []))).toEqual([
      'text',
      'labels',
    ])
  })
})

describe('what stands in a form', () => {
  it('is left out where nobody touched it, and asked for where it is needed', () => {
    expect(made('maxWords', undefined)).toEqual({ ok: true, value: {} })
    expect(made('maxWords', '')).toEqual({ ok: true, value: {} })
    expect(made('text', undefined)).toMatchObject({ problems: { text: 'Text is needed.' } })
    expect(made('labels', '')).toMatchObject({ ok: false })
  })

  it.each([
    ['maxWords', '60', 60],
    ['share', '0.5', 0.5],
    ['multi', true, true],
    ['multi', false, false],
    ['labels', ' a \n\nb\n', ['a', 'b']],
    ['schema', '{"type":"object"}', { type: 'object' }],
    [
      'documents',
      [
        { name: 'a.md', text: 'A' },
        { name: '', text: 'B' },
        { name: 'c', text: ' ' },
      ],
      [
        { id: 'a.md', text: 'A' },
        { id: 'Document 2', text: 'B' },
      ],
    ],
  ] as [string, FieldValue, unknown][])('%s: %j becomes %j', (name, given, value) => {
    expect(made(name, given)).toEqual({ ok: true, value: { [name]: value } })
  })

  it.each([
    ['maxWords', '4', 'At least 5.'],
    ['maxWords', '501', 'At most 500.'],
    ['maxWords', '5.5', 'A whole number is needed.'],
    ['maxWords', 'x', 'A number is needed.'],
    ['share', '0', 'At least 0, more than that.'],
    ['schema', '{', 'Line 1: expected a name in double quotes, got the end.'],
  ])('%s: %j is a problem', (name, given, problem) => {
    expect(made(name, given)).toEqual({ ok: false, problems: { [name]: problem } })
  })
})
