/** Text to token ids and back: tokenizers from GGUF metadata and from tokenizer.json. */
export { tokenizerFromGguf } from './from-gguf.ts'
export { tokenizerFromJson } from './from-json.ts'
export { type SentencePieceOptions, tokenizerFromSentencePiece } from './from-sentencepiece.ts'
export { tokenizerFromVocabulary } from './from-vocabulary.ts'
export { encodePair, type EncodedPair, type EncodePairOptions } from './pair.ts'
export {
  type DecodeOptions,
  type EncodeOptions,
  type IncrementalDecoder,
  type InfillTokens,
  type PairTemplate,
  TOKEN_TYPE,
  type Tokenizer,
} from './tokenizer.ts'
