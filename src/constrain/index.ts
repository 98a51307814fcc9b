/** Which bytes may come next: grammars, and how they mask the tokens of a vocabulary. */
export { compileFormat } from './format.ts'
export type { FreeRun, Grammar, State } from './grammar.ts'
export { compileTextArgument } from './text-argument.ts'
export { createTokenMatcher, type TokenMatcher } from './token-matcher.ts'
export type { ByteTrie } from './byte-trie.ts'
export { createTokenTrie, type TokenTrie } from './token-trie.ts'
export { compileRegex } from './regex/index.ts'
export {
  isStandardSchema,
  jsonSchemaOf,
  type StandardInput,
  type StandardIssue,
  type StandardOutput,
  type StandardResult,
  type StandardSchema,
  validateStandard,
} from './standard-schema.ts'
export { compileJsonSchema, type JsonSchemaOptions } from './json-schema/index.ts'
