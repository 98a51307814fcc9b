/** Every dialect by one table: what it writes, what is read from it, and that every place in it can be closed. */
import { describe, expect, it } from 'vitest'
import { compileJsonSchema } from '../../constrain/json-schema/index.ts'
import { isValid } from '../../../test/support/json-schema-judges.ts'
import { createRandom } from '../../util/random.ts'
import type { ChatEvent } from '../chat-model.ts'
import type { Dialect } from '../dialect.ts'
import { createTurnReader } from '../turn-reader.ts'
import type { TurnState } from '../turn/state.ts'
import { type TurnRequest, turnGrammar } from '../turn/turn.ts'
import { type WrittenCall, writeCalls } from '../write-calls.ts'
import { dialects } from './index.ts'

const schemas = {
  get_weather: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      days: { type: 'integer' },
      tags: { type: 'array', items: { type: 'string' } },
      detail: { type: 'object', properties: { wind: { type: 'boolean' } }, additionalProperties: false },
      since: { type: ['number', 'null'] },
    },
    required: ['city'],
    additionalProperties: false,
  },
  get_weather_map: { type: 'object', properties: {}, additionalProperties: false },
} as const

const tools = Object.entries(schemas).map(([name, schema]) => {
  const { start } = compileJsonSchema(schema)
  return { name, arguments: () => start }
})

const calls: readonly WrittenCall[] = [
  {
    name: 'get_weather',
    arguments: {
      city: 'Köln "am" Rhein\'s <b>\\',
      days: -3,
      tags: ['a', ''],
      detail: { wind: true },
      since: null,
    },
  },
  { name: 'get_weather_map', arguments: {} },
]

/** What two calls look like, as families' own documents and templates have it. */
const city = String.raw`"city": "Köln \"am\" Rhein's <b>\\"`
const json = `{${city}, "days": -3, "tags": ["a", ""], "detail": {"wind": true}, "since": null}`
const inJson = (name: string, values: string): string =>
  `{"${name}": "get_weather", "${values}": ${json}}, {"${name}": "get_weather_map", "${values}": {}}`
const raw = 'Köln "am" Rhein\'s <b>\\'

const pythonic =
  String.raw`[get_weather(city='Köln "am" Rhein\'s <b>\\', days=-3, tags=['a', ''], detail={'wind': True}, since=None), ` +
  `get_weather_map()]`

const rows: Readonly<Record<string, string>> = {
  hermes:
    `<tool_call>\n{"name": "get_weather", "arguments": ${json}}\n</tool_call>\n` +
    `<tool_call>\n{"name": "get_weather_map", "arguments": {}}\n</tool_call>`,
  'qwen-coder':
    `<tool_call>\n<function=get_weather>\n<parameter=city>\n${raw}\n</parameter>\n<parameter=days>\n-3\n</parameter>\n` +
    `<parameter=tags>\n["a", ""]\n</parameter>\n<parameter=detail>\n{"wind": true}\n</parameter>\n` +
    `<parameter=since>\nnull\n</parameter>\n</function>\n</tool_call>\n` +
    `<tool_call>\n<function=get_weather_map>\n</function>\n</tool_call>`,
  'llama-json': `{"name": "get_weather", "parameters": ${json}}; {"name": "get_weather_map", "parameters": {}}`,
  'llama-pythonic': pythonic,
  mistral: `[TOOL_CALLS][${inJson('name', 'arguments')}]`,
  'mistral-args': `[TOOL_CALLS]get_weather[ARGS]${json}[TOOL_CALLS]get_weather_map[ARGS]{}`,
  'function-gemma':
    `<start_function_call>call:get_weather{city:<escape>${raw}<escape>,days:-3,tags:[<escape>a<escape>,<escape><escape>],` +
    `detail:{wind:true},since:null}<end_function_call><start_function_call>call:get_weather_map{}<end_function_call>`,
  deepseek:
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n' +
    `${json}\n\`\`\`<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather_map\n` +
    '```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  'deepseek-bare':
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>${json}<｜tool▁call▁end｜>` +
    '<｜tool▁call▁begin｜>get_weather_map<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  'functionary-3.1': `<function=get_weather>${json}</function><function=get_weather_map>{}</function>`,
  'functionary-3.2': `get_weather\n${json}\n>>>get_weather_map\n{}`,
  granite: `<|tool_call|>[${inJson('name', 'arguments')}]`,
  'command-r': `Action: \`\`\`json\n[${inJson('tool_name', 'parameters')}]\n\`\`\``,
  'command-r7b': `<|START_ACTION|>[${inJson('tool_name', 'parameters')}]<|END_ACTION|>`,
  phi: `<|tool_call|>[${inJson('name', 'arguments')}]<|/tool_call|>`,
  glm:
    `<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>${raw}</arg_value>\n<arg_key>days</arg_key>\n` +
    `<arg_value>-3</arg_value>\n<arg_key>tags</arg_key>\n<arg_value>["a", ""]</arg_value>\n<arg_key>detail</arg_key>\n` +
    `<arg_value>{"wind": true}</arg_value>\n<arg_key>since</arg_key>\n<arg_value>null</arg_value>\n</tool_call>\n` +
    `<tool_call>get_weather_map\n</tool_call>`,
  harmony: `<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>${json}`,
  universal: pythonic.replace('True', 'true').replace('None', 'null'),
}

const encoder = new TextEncoder()

function read(dialect: Dialect, pieces: readonly Uint8Array[], changed: Partial<TurnRequest> = {}) {
  const request: TurnRequest = { tools, mode: 'auto', parallel: true, thinking: 'off', controls: [], ...changed }
  const { start } = turnGrammar(dialect, request)
  const reader = createTurnReader({ start, idOf: (index) => `id${index}` })
  const events = pieces.flatMap((piece) => reader.push(piece))
  const { state } = reader
  events.push(...reader.flush())
  return { events, state, ...told(events) }
}

function told(events: readonly ChatEvent[]) {
  const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
  const reasoning = events.map((event) => (event.type === 'reasoning-delta' ? event.text : '')).join('')
  const complete = events.flatMap((event) => (event.type === 'tool-call' ? [event] : []))
  for (const call of complete) {
    const deltas = events.map((event) =>
      event.type === 'tool-call-delta' && event.index === call.index ? event.arguments : '',
    )
    expect(deltas.join('')).toBe(call.arguments)
    expect(isValid(schemas[call.name as keyof typeof schemas], JSON.parse(call.arguments))).toBe(true)
  }
  return {
    text,
    reasoning,
    calls: complete.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) as unknown })),
  }
}

/** Tokens of a model that has every marker of the dialect as a control token. */
function controlPieces(text: string, controls: readonly string[]): (string | Uint8Array)[] {
  const pattern = new RegExp(`(${controls.map((control) => control.replaceAll(/[^\w]/gu, '\\$&')).join('|')})`)
  return text
    .split(pattern)
    .filter((part) => part !== '')
    .map((part) => (controls.includes(part) ? part : encoder.encode(part)))
}

describe.each(dialects)('$name', (dialect) => {
  const written = rows[dialect.name]
  const expected = dialect.calls.separator === undefined ? calls.slice(0, 1) : calls

  it('writes its calls', () => {
    expect(writeCalls(dialect, calls)).toBe(written)
    expect(writeCalls(dialect, [])).toBe('')
  })

  it('reads them, however they are cut', () => {
    const bytes = encoder.encode(written)
    const whole = read(dialect, [bytes])
    expect(whole.calls).toEqual(expected)
    expect([whole.text, whole.state.canEnd]).toEqual(['', true])
    for (let cut = 1; cut < bytes.length; cut += 5) {
      const both = read(dialect, [bytes.subarray(0, cut), bytes.subarray(cut)])
      expect(both.calls).toEqual(expected)
    }
    const single = read(
      dialect,
      Array.from(bytes, (byte) => Uint8Array.of(byte)),
    )
    expect([single.calls, single.text]).toEqual([expected, ''])
  })

  it('can be closed from every place, with valid calls', () => {
    const bytes = encoder.encode(written)
    let { start: state } = turnGrammar(dialect, {
      tools,
      mode: 'required',
      parallel: true,
      thinking: 'off',
      controls: [],
    })
    for (let cut = 0; ; cut++) {
      const closing = state.closing() ?? encoder.encode('no closing')
      const end = closing.reduce<TurnState | undefined>((at, byte) => at?.next(byte), state)
      expect(end?.canEnd, `after ${written.slice(0, cut)}`).toBe(true)
      if (cut % 8 === 0) {
        const closed = read(dialect, [bytes.subarray(0, cut), closing], { mode: 'required' })
        expect(closed.calls.length).toBeGreaterThan(0)
      }
      if (cut === bytes.length) break
      state = state.next(bytes[cut]) ?? state
    }
  })

  it('leads from any legal bytes to valid calls', () => {
    for (let seed = 0; seed < 8; seed++) {
      const random = createRandom(seed)
      const bytes: number[] = []
      let { start: state } = turnGrammar(dialect, {
        tools,
        mode: 'required',
        parallel: true,
        thinking: 'off',
        controls: [],
      })
      for (let length = 0; length < 120; length++) {
        const legal = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => state.next(byte) !== undefined)
        if (legal.length === 0) break
        // Printable bytes first, or strings would be nothing but broken characters.
        const plain = legal.filter((byte) => byte >= 0x20 && byte < 0x7f)
        const from = plain.length > 0 ? plain : legal
        const byte = from[random.uint32() % from.length]
        bytes.push(byte)
        state = state.next(byte) as TurnState
      }
      const closing = state.closing() ?? encoder.encode('no closing')
      const written = Uint8Array.from([...bytes, ...closing])
      const end = closing.reduce<TurnState | undefined>((at, byte) => at?.next(byte), state)
      expect(end?.canEnd, new TextDecoder().decode(written)).toBe(true)
      expect(read(dialect, [written], { mode: 'required' }).calls.length).toBeGreaterThan(0)
    }
  })

  it('ends after one call without parallel ones', () => {
    const one = encoder.encode(writeCalls(dialect, calls.slice(0, 1)))
    const { calls: found, state } = read(dialect, [one], { parallel: false })
    expect(found).toEqual(calls.slice(0, 1))
    expect(state.canEnd).toBe(true)
    for (let byte = 0; byte < 256; byte++) expect(state.next(byte)).toBeUndefined()
  })

  it('writes no call where none is allowed', () => {
    const bytes = encoder.encode(written)
    const { state, calls: found } = read(dialect, [bytes], { mode: 'none' })
    expect(found).toEqual([])
    const whole = Array.from(bytes).reduce<typeof state | undefined>(
      (at, byte) => at?.next(byte),
      turnGrammar(dialect, { tools, mode: 'none', parallel: true, thinking: 'off', controls: [] }).start,
    )
    expect(whole).toBeUndefined()
  })

  it('takes its markers as control tokens', () => {
    const controls =
      written
        .match(/<[｜|]?[^<>]*[｜|]?>|\[[A-Z_]+\]/gu)
        ?.filter((marker) => marker.length > 3 && !marker.includes('=')) ?? []
    const request = { tools, mode: 'required', parallel: true, thinking: 'off', controls } as const
    const reader = createTurnReader({ start: turnGrammar(dialect, request).start, idOf: (index) => `id${index}` })
    const events = controlPieces(written, controls).flatMap((piece) => reader.push(piece))
    const { text, calls: found } = told(events)
    expect([text, found]).toEqual(['', expected])
    expect(reader.state.canEnd).toBe(true)
  })

  if (dialect.calls.afterText) {
    it('reads text before a call, and what only looks like one as text', () => {
      const opened = dialect.name === 'functionary-3.2' ? 'all\n' : ''
      const said = `Let me see: ${dialect.calls.trigger.slice(0, -1)} no.`
      const lead = dialect.name === 'functionary-3.2' ? '\n>>>' : ''
      const { text, calls: found } = read(dialect, [encoder.encode(opened + said + lead + written)])
      expect([text, found]).toEqual([said, expected])
    })
  }

  const { reasoning } = dialect
  if (reasoning !== undefined) {
    it('thinks before it calls', () => {
      for (const mode of ['auto', 'required'] as const) {
        const turn = `${reasoning.open}Hm <t> é${reasoning.close}${written}`
        const { reasoning: thought, calls: found } = read(dialect, [encoder.encode(turn)], {
          mode,
          thinking: 'possible',
        })
        expect([thought, found]).toEqual(['Hm <t> é', expected])
        const inside = encoder.encode(turn.slice(reasoning.open.length))
        const within = read(dialect, [inside], { mode, thinking: 'inside' })
        expect([within.reasoning, within.calls]).toEqual(['Hm <t> é', expected])
      }
    })
  }
})
