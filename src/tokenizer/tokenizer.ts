/** The contract between text and token ids: what every tokenizer of Ostro offers, whatever file it came from. */

/** What a token is for. Numbers are those of `tokenizer.ggml.token_type`. */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

export interface EncodeOptions {
  /** Add the tokens that the model wants at the start and end of a text (BOS, EOS). Default true. */
  readonly addSpecial?: boolean
  /** Read texts such as `<|im_end|>` as control tokens. Default false: text of users cannot forge a turn. */
  readonly parseSpecial?: boolean
}

export interface DecodeOptions {
  /** Show control tokens as their text. Default false: they are left out. */
  readonly special?: boolean
  /**
   * The ids continue an earlier text, so a leading space is part of them. Default false: a tokenizer that puts a space
   * before every text takes it away again.
   */
  readonly continues?: boolean
}

/** Turns ids into text one at a time; the parts joined are `decode` of all ids. */
export interface IncrementalDecoder {
  /** The text that is certain after `id`: empty while a character is incomplete. */
  push(id: number): string
  /** What is left at the end: U+FFFD for an incomplete character. The decoder is as new afterwards. */
  flush(): string
}

/** Ids of the tokens that frame a text to be filled in (fill in the middle). */
export interface InfillTokens {
  readonly prefix: number
  readonly suffix: number
  readonly middle: number
}

/** How two texts become one sequence of a model that judges pairs; `segment` is the token type of a piece. */
export type PairTemplate = readonly PairPiece[]
export type PairPiece =
  | { readonly text: 'first' | 'second'; readonly segment: number }
  | { readonly tokens: readonly number[]; readonly segment: number }

export interface Tokenizer {
  /** Which algorithm splits text: `bpe` (byte level), `spm` (SentencePiece BPE), `unigram` or `wordpiece`. */
  readonly kind: 'bpe' | 'spm' | 'unigram' | 'wordpiece'
  readonly vocabularySize: number
  readonly bos: number | undefined
  readonly eos: number | undefined
  readonly pad: number | undefined
  readonly unknown: number | undefined
  /** Whether `encode` starts (ends) a text with BOS (EOS) unless `addSpecial` is false. */
  readonly addsBos: boolean
  readonly addsEos: boolean
  /** Ids after which a model has finished its text or turn. */
  readonly endOfGeneration: ReadonlySet<number>
  readonly infill: InfillTokens | undefined
  /** Undefined where the tokenizer knows no pairs. */
  readonly pairTemplate: PairTemplate | undefined
  encode(text: string, options?: EncodeOptions): number[]
  /** @throws OstroError('invalid-argument') for an id outside the vocabulary */
  decode(ids: Iterable<number>, options?: DecodeOptions): string
  decoder(options?: DecodeOptions): IncrementalDecoder
  /** The bytes that a token adds to the text; those of its name for a control token. */
  tokenBytes(id: number): Uint8Array
  /** The token as the vocabulary spells it, such as `Ġthe`, `▁the` or `<0x0A>`. */
  tokenText(id: number): string
  idOf(token: string): number | undefined
  /** Whether `id` is a control token (or the unknown token), which `decode` leaves out. */
  isSpecial(id: number): boolean
}
