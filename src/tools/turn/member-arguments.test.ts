/** What notations other than JSON do not allow, because the schema's automaton would not. */
import { expect, it } from 'vitest'
import { compileFormat } from '../../constrain/index.ts'
import type { Dialect } from '../dialect.ts'
import { functionGemma } from '../dialects/function-gemma.ts'
import { glm } from '../dialects/glm.ts'
import { llamaPythonic } from '../dialects/llama.ts'
import { qwenCoder } from '../dialects/qwen-coder.ts'
import type { TurnState } from './state.ts'
import { turnGrammar } from './turn.ts'

const schema = {
  type: 'object',
  properties: {
    unit: { enum: ['c', 'f'] },
    count: { type: 'integer' },
    text: { type: 'string', maxLength: 3 },
    'odd key': { type: 'boolean' },
    free: { type: 'object' },
  },
  additionalProperties: false,
} as const
const { start } = compileFormat({ type: 'json-schema', schema })

function allows(dialect: Dialect, text: string): boolean {
  const tools = [{ name: 'f', arguments: () => start }]
  const first = turnGrammar(dialect, { tools, mode: 'required', parallel: true, thinking: 'off', controls: [] }).start
  const last = new TextEncoder().encode(text).reduce<TurnState | undefined>((state, byte) => state?.next(byte), first)
  return last !== undefined
}

it.each([
  [
    llamaPythonic.name,
    llamaPythonic,
    [
      "[f(unit='c')",
      '[f(text="a\\n\'")',
      '[f(count=-12, unit="f")]',
      "[f(free={'any key': [1, 'x']})]",
      '[f(odd key=True)]',
    ],
  ],
  [
    glm.name,
    glm,
    [
      '<tool_call>f\n<arg_key>count</arg_key>\n<arg_value>12</arg_value>\n',
      '<tool_call>f\n<arg_key>text</arg_key>\n<arg_value></arg_value>',
    ],
  ],
  [
    qwenCoder.name,
    qwenCoder,
    [
      '<tool_call>\n<function=f>\n<parameter=text>\n\n</p\n</parameter>\n<parameter=count>\n5\n</parameter>'.replace(
        '\n</p',
        '\n<',
      ),
    ],
  ],
  [
    functionGemma.name,
    functionGemma,
    ['<start_function_call>call:f{free:{any_key:<escape>"<escape>}}<end_function_call>'],
  ],
] as const)('%s', (_name, dialect, texts) => {
  for (const text of texts) expect([text, allows(dialect, text)]).toEqual([text, true])
})

it.each([
  // No escape could follow.
  [llamaPythonic.name, llamaPythonic, ["[f(unit='\\", '[f(text="abc\\']],
  [
    llamaPythonic.name,
    llamaPythonic,
    ["[f(unit='x", '[f(count=1.', '[f(count=)', '[f(text=N', '[f(n', "[f(unit='c', u"],
  ],
  [
    glm.name,
    glm,
    ['<tool_call>f\n<arg_key>count</arg_key>\n<arg_value><', '<tool_call>f\n<arg_key>odd key</arg_key>\n<arg_value>t<'],
  ],
  [
    qwenCoder.name,
    qwenCoder,
    [
      '<tool_call>\n<function=f>\n<parameter=text>\nabcd',
      '<tool_call>\n<function=f>\n<parameter=unit>\nc\n</parameter>\n<parameter=u',
    ],
  ],
  [functionGemma.name, functionGemma, ['<start_function_call>call:f{count:<', '<start_function_call>call:f{text:a']],
] as const)('%s is held to the schema', (_name, dialect, texts) => {
  for (const text of texts) {
    expect([text, allows(dialect, text)]).toEqual([text, false])
    expect([text, allows(dialect, text.slice(0, -1))]).toEqual([text, true])
  }
})

it.each([llamaPythonic, glm, qwenCoder, functionGemma].map((dialect) => [dialect.name, dialect] as const))(
  '%s writes a required key of characters that JSON escapes',
  (_name, dialect) => {
    const key = 'a"b\\c\n'
    const required = { type: 'object', properties: { [key]: { const: 7 } }, required: [key] }
    const odd = compileFormat({ type: 'json-schema', schema: { ...required, additionalProperties: false } })
    const tools = [{ name: 'f', arguments: () => odd.start }]
    const grammar = turnGrammar(dialect, { tools, mode: 'required', parallel: true, thinking: 'off', controls: [] })
    const call = grammar.start.closing()
    expect(new TextDecoder().decode(call)).toContain(key)
    const end = call?.reduce<TurnState | undefined>((state, byte) => state?.next(byte), grammar.start)
    expect(end?.canEnd).toBe(true)
  },
)
