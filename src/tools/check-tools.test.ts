import { describe, expect, it } from 'vitest'
import { randomText } from '../../test/constrain-suite/random-walk.ts'
import { compileFormat } from '../constrain/index.ts'
import type { JsonValue } from '../util/json.ts'
import type { ChatOptions, ToolDefinition } from './chat-model.ts'
import { checkTools, type ToolUse } from './check-tools.ts'
import { closeObjects } from './closed-objects.ts'
import { dialects } from './dialects/index.ts'
import { narrowTools } from './narrow-parameters.ts'
import { createTurnReader } from './turn-reader.ts'
import { turnGrammar } from './turn/turn.ts'

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

describe('a tool with a grammar', () => {
  const text = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }
  const held = (parameters: object, source: string): ToolDefinition => ({
    type: 'function',
    function: { ...toolOf('sum', parameters).function, grammar: { syntax: 'lark', source } },
  })
  const sums = 'start: NUMBER ("+" NUMBER)+\nNUMBER: /[0-9]/'

  it.each(dialects.map((dialect) => [dialect.name, dialect] as const))(
    'is kept to it in the notation of %s',
    (_, dialect) => {
      const use = check({ tools: [held(text, sums)] })
      const tools = narrowTools(use as ToolUse, compile)
      const request = { tools, mode: 'required', parallel: false, thinking: 'off', controls: [] } as const
      const grammar = turnGrammar(dialect, request)
      for (let seed = 0; seed < 3; seed++) {
        const { text: written, stuck } = randomText(grammar, seed, 120)
        const reader = createTurnReader({ start: grammar.start, idOf: String })
        const events = [...reader.push(new TextEncoder().encode(written)), ...reader.flush()]
        const inputs = events.flatMap((event) =>
          event.type === 'tool-call' ? [(JSON.parse(event.arguments) as { input: string }).input] : [],
        )
        expect([stuck, inputs]).toEqual([false, [expect.stringMatching(/^[0-9](\+[0-9])+$/)]])
      }
    },
  )

  it('is shown without it', () => {
    expect(check({ tools: [held(text, sums)] })?.definitions).toEqual([toolOf('sum', text)])
  })

  it('is refused where the grammar is none, or has no text to hold', () => {
    expect(pointerOf({ tools: [held(text, 'begin: "a"')] })).toBe('/tools/0/function/grammar')
    const bounded = { ...text, properties: { input: { type: 'string', maxLength: 3 } } }
    for (const parameters of [bounded, { type: 'object', properties: { a: {}, b: {} } }, undefined]) {
      expect(pointerOf({ tools: [held(parameters as object, sums)] })).toBe('/tools/0/function/grammar')
    }
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
