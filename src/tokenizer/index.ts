/** Text to token ids and back: tokenizers from GGUF metadata and from tokenizer.json. */
export { tokenizerFromGguf } from './from-gguf.ts'
export { tokenizerFromJson } from './from-json.ts'
export {
  type DecodeOptions,
  type EncodeOptions,
  type IncrementalDecoder,
  type InfillTokens,
  TOKEN_TYPE,
  type Tokenizer,
} from './tokenizer.ts'
