/** Puts the parts of a tokenizer together: added tokens around a model that splits ordinary text, and decoding. */
import { OstroError } from '../util/error.ts'
import { type AddedToken, createAddedTokenSplitter } from './added-tokens.ts'
import {
  type DecodeOptions,
  type IncrementalDecoder,
  type InfillTokens,
  type PairTemplate,
  TOKEN_TYPE,
  type Tokenizer,
} from './tokenizer.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Appends the ids of a stretch of ordinary text; `first` where it stands at the very start of the text. */
export type SegmentEncoder = (text: string, ids: number[], first: boolean) => void

export interface TokenizerParts {
  readonly kind: Tokenizer['kind']
  readonly vocabulary: Vocabulary
  readonly segment: SegmentEncoder
  /** Tokens that are always read as such (user-defined), and those read only with `parseSpecial` (control). */
  readonly alwaysAdded: readonly AddedToken[]
  readonly controlAdded: readonly AddedToken[]
  readonly bytesOf: (id: number) => Uint8Array
  readonly bos: number | undefined
  readonly eos: number | undefined
  readonly pad: number | undefined
  readonly unknown: number | undefined
  /** Ids that `addSpecial` puts before and after the text. */
  readonly prefix: readonly number[]
  readonly suffix: readonly number[]
  readonly endOfGeneration: ReadonlySet<number>
  readonly infill: InfillTokens | undefined
  readonly pairTemplate?: PairTemplate | undefined
  /** `decode` takes away one leading space, which `encode` had put there. */
  readonly stripsLeadingSpace: boolean
}

export function assembleTokenizer(parts: TokenizerParts): Tokenizer {
  const { vocabulary, segment } = parts
  const splitPlain = createAddedTokenSplitter(parts.alwaysAdded)
  const splitSpecial = createAddedTokenSplitter([...parts.alwaysAdded, ...parts.controlAdded])
  const byteCache: (Uint8Array | undefined)[] = []

  function check(id: number): void {
    if (Number.isInteger(id) && id >= 0 && id < vocabulary.size) return
    throw new OstroError(
      'invalid-argument',
      `tokenizer: expected a token id from 0 to ${vocabulary.size - 1}, got ${String(id)}. Pass ids of this model.`,
      { id, vocabularySize: vocabulary.size },
    )
  }

  function tokenBytes(id: number): Uint8Array {
    check(id)
    return (byteCache[id] ??= parts.bytesOf(id))
  }

  function isSpecial(id: number): boolean {
    check(id)
    return vocabulary.types[id] === TOKEN_TYPE.control || vocabulary.types[id] === TOKEN_TYPE.unknown
  }

  function decoder(options: DecodeOptions = {}): IncrementalDecoder {
    // `stream` holds back the bytes of an incomplete character, and its output does not depend on where the parts end.
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
    const strips = parts.stripsLeadingSpace && options.continues !== true
    let atStart = strips
    const emit = (text: string): string => {
      if (!atStart || text === '') return text
      atStart = false
      return text.startsWith(' ') ? text.slice(1) : text
    }
    return {
      push(id) {
        if (options.special !== true && isSpecial(id)) return ''
        return emit(utf8.decode(tokenBytes(id), { stream: true }))
      },
      flush() {
        const rest = emit(utf8.decode())
        atStart = strips
        return rest
      },
    }
  }

  /** All bytes first, then one conversion: the same text as `decoder`, several times as fast. */
  function decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    let bytes = new Uint8Array(1024)
    let length = 0
    for (const id of ids) {
      if (options.special !== true && isSpecial(id)) continue
      const token = tokenBytes(id)
      if (length + token.length > bytes.length) {
        const old = bytes
        bytes = new Uint8Array((length + token.length) * 2)
        bytes.set(old)
      }
      bytes.set(token, length)
      length += token.length
    }
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, length))
    return parts.stripsLeadingSpace && options.continues !== true && text.startsWith(' ') ? text.slice(1) : text
  }

  return {
    kind: parts.kind,
    vocabularySize: vocabulary.size,
    bos: parts.bos,
    eos: parts.eos,
    pad: parts.pad,
    unknown: parts.unknown,
    addsBos: parts.bos !== undefined && parts.prefix.includes(parts.bos),
    addsEos: parts.eos !== undefined && parts.suffix.includes(parts.eos),
    endOfGeneration: parts.endOfGeneration,
    infill: parts.infill,
    pairTemplate: parts.pairTemplate,
    encode(text, options = {}) {
      const ids: number[] = []
      if (options.addSpecial !== false) ids.push(...parts.prefix)
      // Lone surrogates have no bytes; as everywhere on the web they become U+FFFD.
      const wellFormed = text.toWellFormed()
      const split = options.parseSpecial === true ? splitSpecial : splitPlain
      let first = true
      split(
        wellFormed,
        (stretch) => {
          segment(stretch, ids, first)
          first = false
        },
        (id) => {
          ids.push(id)
          first = false
        },
      )
      if (options.addSpecial !== false) ids.push(...parts.suffix)
      return ids
    },
    decode,
    decoder,
    tokenBytes: (id) => tokenBytes(id).slice(),
    tokenText(id) {
      check(id)
      return vocabulary.tokens[id]
    },
    idOf: (token) => vocabulary.idOf(token),
    isSpecial,
  }
}

/** The tokens of a vocabulary that stand for themselves in a text, by type. */
export function addedTokensByType(vocabulary: Vocabulary): { alwaysAdded: AddedToken[]; controlAdded: AddedToken[] } {
  const alwaysAdded: AddedToken[] = []
  const controlAdded: AddedToken[] = []
  for (let id = 0; id < vocabulary.size; id++) {
    const type = vocabulary.types[id]
    if (type === TOKEN_TYPE.userDefined) alwaysAdded.push({ text: vocabulary.tokens[id], id })
    else if (type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown) {
      controlAdded.push({ text: vocabulary.tokens[id], id })
    }
  }
  return { alwaysAdded, controlAdded }
}
