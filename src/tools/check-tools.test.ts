import { describe, expect, it } from 'vitest'
import { compileFormat } from '../constrain/index.ts'
import type { JsonValue } from '../util/json.ts'
import type { ChatOptions, ToolDefinition } from './chat-model.ts'
import { checkTools } from './check-tools.ts'
import { closeObjects } from './closed-objects.ts'

const compile = (schema: JsonValue) => compileFormat({ type: 'json-schema', schema })

function toolOf(name: string, parameters?: object, strict?: boolean): ToolDefinition {
  return { type: 'function', function: { name, parameters, strict } as ToolDefinition['function'] }
}

function check(options: ChatOptions) {
  return checkTools(options, compile)
}

function pointerOf(options: ChatOptions): unknown {
  try {
    check(options)
    return 'accepted'
  } catch (error) {
    return (error as { fields: { pointer: unknown } }).fields.pointer
  }
}

const one = toolOf('one', { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] })
const two = toolOf('two')

describe('a choice', () => {
  it('says what may be called and whether it must be', () => {
    const use = (toolChoice: ChatOptions['toolChoice']) => {
      const result = check({ tools: [one, two], toolChoice })
      return result && [result.mode, result.callable.map(({ name }) => name), result.definitions.length]
    }
    expect(use(undefined)).toEqual(['auto', ['one', 'two'], 2])
    expect(use('required')).toEqual(['required', ['one', 'two'], 2])
    expect(use({ name: 'two' })).toEqual(['required', ['two'], 2])
    expect(use({ allowed: ['one'], mode: 'auto' })).toEqual(['auto', ['one'], 2])
    expect(use({ allowed: ['one'], mode: 'required' })).toEqual(['required', ['one'], 2])
    expect(use('none')).toEqual(['none', ['one', 'two'], 0])
    expect(check({})).toBeUndefined()
  })

  it('is refused where it names no tool', () => {
    for (const toolChoice of [{ name: 'three' }, { allowed: [], mode: 'auto' }, 'sometimes', {}]) {
      expect(pointerOf({ tools: [one], toolChoice: toolChoice as never })).toBe('toolChoice')
    }
    expect(pointerOf({ toolChoice: 'required' })).toBe('toolChoice')
    expect(pointerOf({ toolChoice: 'none' })).toBe('accepted')
  })
})

describe('a tool', () => {
  it('is refused by the pointer of what is wrong', () => {
    expect(pointerOf({ tools: [toolOf('a b')] })).toBe('/tools/0/function/name')
    expect(pointerOf({ tools: [one, toolOf('x'.repeat(65))] })).toBe('/tools/1/function/name')
    expect(pointerOf({ tools: [one, one] })).toBe('tools')
    expect(pointerOf({ tools: [{ type: 'custom' } as never] })).toBe('/tools/0')
    expect(pointerOf({ tools: [toolOf('a', [])] })).toBe('/tools/0/function/parameters')
    expect(pointerOf({ tools: [toolOf('a', { type: 'array' })] })).toBe('/tools/0/function/parameters/type')
    const nested = { type: 'object', properties: { a: { type: 'string', minLength: 'x' } } }
    expect(pointerOf({ tools: [toolOf('a', nested)] })).toMatch(/^\/tools\/0\/function\/parameters\/properties\/a/)
  })

  it('keeps to the strict subset where it says so', () => {
    const open = { type: 'object', properties: { a: {} }, required: ['a'] }
    const closed = { ...open, additionalProperties: false }
    expect(pointerOf({ tools: [toolOf('a', open, true)] })).toBe('/tools/0/function/parameters/additionalProperties')
    expect(pointerOf({ tools: [toolOf('a', { ...closed, required: [] }, true)] })).toBe(
      '/tools/0/function/parameters/required',
    )
    const deep = { ...closed, properties: { a: { type: 'array', items: open } } }
    expect(pointerOf({ tools: [toolOf('a', deep, true)] })).toBe(
      '/tools/0/function/parameters/properties/a/items/additionalProperties',
    )
    expect(pointerOf({ tools: [toolOf('a', closed, true)] })).toBe('accepted')
    expect(pointerOf({ tools: [toolOf('a', open)] })).toBe('accepted')
  })
})

it('closes the objects that list their properties, and no others', () => {
  const listed = { type: 'object', properties: { a: { type: 'object', properties: {} } } }
  expect(closeObjects(listed)).toEqual({
    type: 'object',
    properties: { a: { type: 'object', properties: {}, additionalProperties: false } },
    additionalProperties: false,
  })
  for (const open of [
    { type: 'object' },
    { type: 'object', properties: { a: true }, additionalProperties: { type: 'string' } },
    { type: 'object', properties: { a: true }, required: ['b'] },
    { type: 'object', properties: { a: true }, allOf: [{ required: ['b'] }] },
  ]) {
    expect(closeObjects(open)).toEqual(open)
  }
})
