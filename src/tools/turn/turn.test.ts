/** What a turn may be, whatever the dialect; notations have their own table in `dialects/`. */
import { describe, expect, it } from 'vitest'
import { compileFormat } from '../../constrain/index.ts'
import { hermes } from '../dialects/hermes.ts'
import { llamaJson } from '../dialects/llama.ts'
import { universal, universalCall, universalCompletion } from '../dialects/universal.ts'
import type { Dialect } from '../dialect.ts'
import { createTurnReader } from '../turn-reader.ts'
import type { TurnState } from './state.ts'
import { type TurnRequest, turnGrammar } from './turn.ts'

const schema = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false } as const
const { start } = compileFormat({ type: 'json-schema', schema })
const tools = ['add', 'add_all', 'sub'].map((name) => ({ name, arguments: () => start }))
const request: TurnRequest = { tools, mode: 'auto', parallel: true, thinking: 'off', controls: [] }

const encoder = new TextEncoder()

function follow(from: TurnState, text: string): TurnState | undefined {
  return encoder.encode(text).reduce<TurnState | undefined>((state, byte) => state?.next(byte), from)
}

function accepts(dialect: Dialect, text: string, changed: Partial<TurnRequest> = {}): boolean | undefined {
  return follow(turnGrammar(dialect, { ...request, ...changed }).start, text)?.canEnd
}

function read(dialect: Dialect, text: string, changed: Partial<TurnRequest> = {}, mostCalls?: number) {
  const first = turnGrammar(dialect, { ...request, ...changed }).start
  const reader = createTurnReader({ start: first, idOf: (index) => `id${index}`, mostCalls })
  const events = Array.from(encoder.encode(text), (byte) => reader.push(Uint8Array.of(byte))).flat()
  events.push(...reader.flush())
  const join = (type: 'text-delta' | 'reasoning-delta'): string =>
    events.map((event) => (event.type === type && 'text' in event ? event.text : '')).join('')
  const calls = events.flatMap((event) => (event.type === 'tool-call' ? [`${event.name}${event.arguments}`] : []))
  return { events, text: join('text-delta'), reasoning: join('reasoning-delta'), calls, over: reader.over }
}

describe('auto', () => {
  it('is text until a call is named, and text again where it only looked like one', () => {
    for (const text of [
      '',
      'Hello',
      '[1, 2]',
      '[add',
      '[add(n',
      'No [add(n=1)] here',
      '[adding(n=1)]',
      '{"name": "x"}',
    ]) {
      expect([text, accepts(universal, text)]).toEqual([text, text !== '[add(n'])
    }
    expect(accepts(universal, '[add(n=1)]')).toBe(true)
    expect(accepts(universal, '[add(m=1)]')).toBeUndefined()
    expect(read(universal, '[adding is fun').text).toBe('[adding is fun')
    expect(read(llamaJson, '{"name": "none of mine"}').text).toBe('{"name": "none of mine"}')
    expect(read(llamaJson, '{"name": "add", "parameters": {}}').calls).toEqual(['add{}'])
  })

  it('tells names apart of which one begins another', () => {
    expect(read(universal, '[add(), add_all(n=2)]').calls).toEqual(['add{}', 'add_all{"n":2}'])
    expect(read(universal, '[add_(').text).toBe('[add_(')
    expect(accepts(universal, '[add()]', { tools: tools.slice(1) })).toBe(true)
    expect(read(universal, '[add()]', { tools: tools.slice(1) })).toMatchObject({ text: '[add()]', calls: [] })
  })

  it('ends with its calls: no text follows them', () => {
    const call = '<tool_call>\n{"name": "add", "arguments": {}}\n</tool_call>'
    expect(read(hermes, `Sure.\n${call}`)).toMatchObject({ text: 'Sure.\n', calls: ['add{}'] })
    expect(accepts(hermes, `${call} Done.`)).toBeUndefined()
  })
})

describe('required', () => {
  it('begins with a call, behind little space', () => {
    expect(accepts(universal, '[add()]', { mode: 'required' })).toBe(true)
    expect(accepts(universal, ' \n[add()]', { mode: 'required' })).toBe(true)
    for (const text of ['', 'Hello', '   [add()]', '[]']) {
      expect(accepts(universal, text, { mode: 'required' }) ?? false).toBe(false)
    }
  })

  it('bounds the thinking before it', () => {
    const state = turnGrammar(hermes, { ...request, mode: 'required', thinking: 'inside' }).start
    expect(follow(state, 'hm '.repeat(2000))?.canEnd).toBe(false)
    expect(follow(state, 'hm '.repeat(3000))).toBeUndefined()
    const free = turnGrammar(hermes, { ...request, thinking: 'inside' }).start
    expect(follow(free, 'hm '.repeat(3000))?.canEnd).toBe(true)
    const closing = new TextDecoder().decode(follow(state, 'so</thi')?.closing())
    expect(closing.startsWith('nk><tool_call>')).toBe(true)
  })
})

describe('none', () => {
  it('is any text but the call of a tool', () => {
    for (const text of ['Hello', '[1, 2]', '[adding(n=1)]', '[mul(n=1)]']) {
      expect([text, accepts(universal, text, { mode: 'none' })]).toEqual([text, true])
    }
    expect(accepts(universal, '[add(', { mode: 'none' })).toBeUndefined()
    const decided = { mode: 'none', decidedAgainstCalls: true } as const
    for (const text of ['[', ' \n[', '\n [1]']) expect(accepts(universal, text, decided)).toBeUndefined()
    for (const text of ['Hello [1]', ' No.', '']) expect(accepts(universal, text, decided)).toBe(true)
    expect(accepts(hermes, 'see <tool_call>', { mode: 'none' })).toBeUndefined()
    expect(accepts(hermes, 'see <tool_call>', { mode: 'free' })).toBe(true)
  })
})

it('keeps a text to its form, or calls', () => {
  const content = compileFormat({ type: 'json-schema', schema: { type: 'array', items: { type: 'integer' } } }).start
  for (const dialect of [universal, hermes]) {
    expect(accepts(dialect, '[1, 2]', { content })).toBe(true)
    expect(accepts(dialect, 'Hello', { content })).toBeUndefined()
    expect(read(dialect, '[1, 2]', { content })).toMatchObject({ text: '[1, 2]', calls: [] })
  }
  expect(read(universal, '[add(n=1)]', { content }).calls).toEqual(['add{"n":1}'])
  expect(accepts(universal, '[1]', { content, mode: 'none' })).toBe(true)
  expect(accepts(universal, '[add(', { content, mode: 'none' })).toBeUndefined()
})

it('ends a text of one line with its line, which is not empty', () => {
  expect(accepts(universalCompletion, ' Yes.\n')).toBe(true)
  expect(accepts(universalCompletion, ' Yes.\nQ')).toBeUndefined()
  expect(accepts(universalCompletion, '\n')).toBeUndefined()
  expect(accepts(universalCompletion, ' \n')).toBeUndefined()
  expect(read(universalCompletion, ' Yes.\n').text).toBe('Yes.')
})

describe('reading', () => {
  it('drops a call that was there before, before anything of it is told', () => {
    const { events, calls, over } = read(universal, '[add(n=1), add(n=1), sub()]')
    expect([calls, over]).toEqual([['add{"n":1}'], true])
    expect(events.filter(({ type }) => type === 'tool-call-start')).toHaveLength(1)
    expect(read(universal, '[add(n=1), add(n=12), add()]').calls).toEqual(['add{"n":1}', 'add{"n":12}', 'add{}'])
  })

  it('ends with as many calls as are wanted', () => {
    const { calls, over } = read(universal, '[add(n=1), add(n=2), add(n=3)]', {}, 2)
    expect([calls.length, over]).toEqual([2, true])
  })

  it('tells thinking without its markers and an answer without the space before it', () => {
    const turn = '<think>\nHm é <b></think>\n\n  Yes.\n'
    expect(read(hermes, turn, { thinking: 'possible' })).toMatchObject({ reasoning: '\nHm é <b>', text: 'Yes.\n' })
    expect(read(hermes, '<thin is in', { thinking: 'possible' }).text).toBe('<thin is in')
  })

  it('tells nothing complete of a call that was cut', () => {
    const { events, calls } = read(universal, '[add(n=1')
    expect(calls).toEqual([])
    expect(events.map(({ type }) => type)).toEqual([
      'tool-call-start',
      'tool-call-delta',
      'tool-call-delta',
      'tool-call-delta',
    ])
  })
})

describe('one call', () => {
  const first = { mode: 'required', oneCall: 'first' } as const
  const further = { mode: 'required', oneCall: 'further' } as const

  it('ends with the call, and begins with the separator if it is a further one', () => {
    expect(accepts(universalCall, 'add(n=1)', first)).toBe(true)
    expect(accepts(universalCall, ', add(n=1)', further)).toBe(true)
    for (const [text, changed] of [
      ['add(n=1)\n', first],
      ['add(n=1), add(n=2)', first],
      [', add(n=1), add(n=2)', further],
      ['add(n=1)', further],
    ] as const) {
      expect([text, accepts(universalCall, text, changed)]).toEqual([text, undefined])
    }
  })

  it('leads with what begins a call where the notation marks each', () => {
    const call = '{"name": "add", "arguments": {}}\n</tool_call>'
    expect(accepts(hermes, `<tool_call>\n${call}`, first)).toBe(true)
    expect(accepts(hermes, `\n<tool_call>\n${call}`, further)).toBe(true)
  })
})
