/** Every output format: what it accepts, how it closes, and that equal ones are one. */
import { describe, expect, it } from 'vitest'
import type { OutputFormat } from '../util/generation.ts'
import { compileFormat } from './format.ts'
import type { State } from './grammar.ts'

function follow(format: OutputFormat, text: string): State | undefined {
  let state: State | undefined = compileFormat(format).start
  for (const byte of new TextEncoder().encode(text)) state = state?.next(byte)
  return state
}
const person = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const objects: OutputFormat = { type: 'json', object: true }

describe.each<[OutputFormat, accepted: string[], refused: string[]]>([
  [{ type: 'json' }, ['null', '[1, {"a": "b"}]', '"\\u00e9"', '{}'], ['nul', '[1,]', "'a'"]],
  [objects, ['{}', '{"a": [true]}'], ['[]', 'null']],
  [{ type: 'json-schema', schema: person }, ['{"name": "Ada"}', '{"age": 1, "name": ""}'], ['{}', '{"name": 1}']],
  [{ type: 'regex', pattern: '[a-c]+\\d' }, ['abc1', 'a0'], ['abc', 'xa1', 'a1b']],
  [{ type: 'choice', choices: ['yes', 'yes, but', 'nö'] }, ['yes', 'yes, but', 'nö'], ['', 'ye', 'yes,', 'no']],
  [{ type: 'choice', choices: [''] }, [''], ['a']],
  [{ type: 'grammar', syntax: 'lark', source: 'start: "a" start "b" |' }, ['', 'ab', 'aabb'], ['a', 'abb']],
  [{ type: 'grammar', syntax: 'gbnf', source: 'root ::= "a" root "b" | ""' }, ['', 'ab', 'aabb'], ['a', 'abb']],
])('%j', (format, accepted, refused) => {
  it.each(accepted)('accepts %j', (text) => expect(follow(format, text)?.canEnd).toBe(true))
  it.each(refused)('refuses %j', (text) => expect(follow(format, text)?.canEnd ?? false).toBe(false))
  it.each(accepted)('can be closed from every place within %j', (text) => {
    const bytes = new TextEncoder().encode(text)
    let state: State | undefined = compileFormat(format).start
    for (let at = 0; at <= bytes.length; at++) {
      let end = state
      for (const byte of state?.closing() ?? []) end = end?.next(byte)
      expect(end?.canEnd).toBe(true)
      state = at < bytes.length ? state?.next(bytes[at]) : state
    }
  })
})

describe('compiled formats', () => {
  it('are shared by equal formats', () => {
    expect(compileFormat({ type: 'json', object: true })).toBe(compileFormat(objects))
    expect(compileFormat({ type: 'json' })).not.toBe(compileFormat(objects))
  })

  it('are forgotten when many others were used since', () => {
    const first = compileFormat({ type: 'choice', choices: ['first'] })
    const second = compileFormat({ type: 'choice', choices: ['second'] })
    for (let i = 0; i < 499; i++) {
      compileFormat({ type: 'choice', choices: [`${i}`] })
      compileFormat({ type: 'choice', choices: ['second'] })
    }
    expect(compileFormat({ type: 'choice', choices: ['second'] })).toBe(second)
    expect(compileFormat({ type: 'choice', choices: ['first'] })).not.toBe(first)
  })

  it.each<[OutputFormat, string]>([
    [{ type: 'choice', choices: [] }, 'invalid-argument'],
    [{ type: 'regex', pattern: '(' }, 'invalid-argument'],
    [{ type: 'json-schema', schema: { type: 'string', minLength: 2, maxLength: 1 } }, 'unsupported'],
    [{ type: 'xml' } as unknown as OutputFormat, 'invalid-argument'],
  ])('%j is refused', (format, code) => expect(() => compileFormat(format)).toThrow(expect.objectContaining({ code })))
})
