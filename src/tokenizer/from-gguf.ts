/** Builds the tokenizer that a GGUF file describes in its `tokenizer.ggml.*` metadata. */
import { OstroError } from '../util/error.ts'
import { addedTokensByType, assembleTokenizer, type SegmentEncoder, type TokenizerParts } from './assemble.ts'
import { byteLevelBytes } from './byte-level.ts'
import { createByteLevelSegmenter, readMerges } from './byte-level-bpe.ts'
import { readCharsmap } from './charsmap.ts'
import { namedPreTokenizer } from './pre-tokenizer.ts'
import { bertPair } from './post-processor.ts'
import { byteOfToken, createSentencePieceSegmenter, SPACE_MARK } from './sentencepiece-bpe.ts'
import { TOKEN_TYPE, type Tokenizer } from './tokenizer.ts'
import { createUnigramSegmenter } from './unigram.ts'
import { createVocabulary, endOfGeneration, infillTokens, type Vocabulary } from './vocabulary.ts'
import { createWordPieceSegmenter, wordPieceTokenBytes } from './wordpiece.ts'
import { cutBertWords, normalizeForBert } from './wordpiece-text.ts'

const PREFIX = 'tokenizer.ggml.'

/**
 * The tokenizer of a GGUF file, from its metadata by key.
 * @throws OstroError('invalid-file') where a key is missing or of the wrong type, OstroError('unsupported') for a model
 * or pre-tokenizer that Ostro does not know; the message names it
 */
export function tokenizerFromGguf(metadata: ReadonlyMap<string, unknown>): Tokenizer {
  const file = readerOf(metadata)
  const model = file.string('model')
  if (model === undefined) {
    throw new OstroError('invalid-file', `gguf: expected the key ${PREFIX}model, got none. The file has no tokenizer.`)
  }
  const tokens = file.list('tokens')
  if (!tokens || !tokens.every((token) => typeof token === 'string')) {
    throw new OstroError('invalid-file', `gguf: expected ${PREFIX}tokens as a list of strings. The file is damaged.`)
  }
  const vocabulary = createVocabulary(tokens, file.numbers('token_type'), `gguf: ${PREFIX}tokens`)
  switch (model) {
    case 'gpt2':
      return assembleTokenizer(byteLevelParts(file, vocabulary))
    case 'llama':
      return assembleTokenizer(sentencePieceParts(file, vocabulary))
    case 't5':
      return assembleTokenizer(unigramParts(file, vocabulary))
    case 'bert':
      return assembleTokenizer(wordPieceParts(file, vocabulary))
    default:
      throw new OstroError(
        'unsupported',
        `gguf: the tokenizer model ${JSON.stringify(model)} is not supported. Supported are gpt2, llama, t5 and bert.`,
        { model },
      )
  }
}

function byteLevelParts(file: Reader, vocabulary: Vocabulary): TokenizerParts {
  const name = file.string('pre')
  if (name === undefined) {
    throw new OstroError(
      'unsupported',
      `gguf: ${PREFIX}pre is missing, so how to cut words is unknown. Use a file made by a converter of 2024 or later.`,
    )
  }
  const pre = namedPreTokenizer(name)
  const rules = file.list('merges')
  if (!rules) throw new OstroError('invalid-file', `gguf: expected ${PREFIX}merges, got none. The file is damaged.`)
  const segment = createByteLevelSegmenter({
    vocabulary,
    merges: readMerges(rules, vocabulary, `gguf: ${PREFIX}merges`),
    preTokenize: pre.preTokenize,
    ignoreMerges: pre.ignoreMerges,
    unknown: undefined,
  })
  return commonParts(file, vocabulary, segment, {
    kind: 'bpe',
    addsBos: pre.addsBos,
    addsEos: false,
    stripsLeadingSpace: false,
    bytesOf: (id) => byteLevelTokenBytes(vocabulary, id),
  })
}

/** Bytes of a token of a byte-level vocabulary: by the alphabet for normal tokens, literally for added ones. */
export function byteLevelTokenBytes(vocabulary: Vocabulary, id: number): Uint8Array {
  const token = vocabulary.tokens[id]
  const type = vocabulary.types[id]
  const isAdded = type === TOKEN_TYPE.control || type === TOKEN_TYPE.userDefined || type === TOKEN_TYPE.unknown
  return (isAdded ? undefined : byteLevelBytes(token)) ?? new TextEncoder().encode(token)
}

function sentencePieceParts(file: Reader, vocabulary: Vocabulary): TokenizerParts {
  const scores = file.numbers('scores')
  if (scores && scores.length !== vocabulary.size) {
    throw new OstroError(
      'invalid-file',
      `gguf: expected ${vocabulary.size} values in ${PREFIX}scores, got ${scores.length}. The file is damaged.`,
    )
  }
  const addsSpace = file.flag('add_space_prefix') ?? true
  const segment = createSentencePieceSegmenter({
    vocabulary,
    ...(scores ? { scores } : {}),
    byteFallback: true,
    fuseUnknown: false,
    unknown: file.id('unknown_token_id', vocabulary),
    normalize: (text) => (addsSpace ? SPACE_MARK : '') + text.replaceAll(' ', SPACE_MARK),
  })
  return commonParts(file, vocabulary, segment, {
    kind: 'spm',
    addsBos: true,
    addsEos: false,
    stripsLeadingSpace: addsSpace,
    bytesOf: (id) => sentencePieceTokenBytes(vocabulary, id),
  })
}

/** Bytes of a SentencePiece token: `▁` is a space in normal tokens, `<0xNN>` of type byte is that byte. */
export function sentencePieceTokenBytes(vocabulary: Vocabulary, id: number): Uint8Array {
  const token = vocabulary.tokens[id]
  const type = vocabulary.types[id]
  if (type === TOKEN_TYPE.byte) {
    const byte = byteOfToken(token)
    if (byte >= 0) return Uint8Array.of(byte)
  }
  const isLiteral = type === TOKEN_TYPE.control || type === TOKEN_TYPE.userDefined || type === TOKEN_TYPE.unknown
  return new TextEncoder().encode(isLiteral ? token : token.replaceAll(SPACE_MARK, ' '))
}

function unigramParts(file: Reader, vocabulary: Vocabulary): TokenizerParts {
  const scores = file.numbers('scores')
  if (!scores || scores.length !== vocabulary.size) {
    throw new OstroError(
      'invalid-file',
      `gguf: expected ${vocabulary.size} values in ${PREFIX}scores, got ${scores?.length ?? 'none'}. The file is damaged.`,
    )
  }
  const addsSpace = file.flag('add_space_prefix') ?? true
  const collapses = file.flag('remove_extra_whitespaces') ?? false
  const charsmap = file.bytes('precompiled_charsmap')
  const normalizeCharacters = charsmap ? readCharsmap(charsmap) : (text: string) => text
  const segment = createUnigramSegmenter({
    vocabulary,
    scores,
    unknown: file.id('unknown_token_id', vocabulary) ?? vocabulary.types.indexOf(TOKEN_TYPE.unknown),
    byteFallback: false,
    normalize(text) {
      let normal = normalizeCharacters(text)
      if (collapses) normal = normal.replace(/ +/g, ' ').replace(/^ | $/g, '')
      if (normal === '') return ''
      return (addsSpace ? SPACE_MARK : '') + normal.replaceAll(' ', SPACE_MARK)
    },
  })
  return commonParts(file, vocabulary, segment, {
    kind: 'unigram',
    addsBos: false,
    addsEos: true,
    stripsLeadingSpace: addsSpace,
    bytesOf: (id) => sentencePieceTokenBytes(vocabulary, id),
  })
}

/** GGUF marks the start of a word where BERT's own files mark its continuation. */
function wordPieceParts(file: Reader, marked: Vocabulary): TokenizerParts {
  const prefix = '##'
  const isText = (id: number): boolean => marked.types[id] === TOKEN_TYPE.normal
  const spellings = marked.tokens.map((token, id) => {
    if (!isText(id)) return token
    return token.startsWith(SPACE_MARK) ? token.slice(SPACE_MARK.length) : prefix + token
  })
  const vocabulary = createVocabulary(spellings, marked.types, `gguf: ${PREFIX}tokens`)
  const unknown = file.id('unknown_token_id', vocabulary)
  const cls = file.id('cls_token_id', vocabulary) ?? file.id('bos_token_id', vocabulary)
  // The misspelling is that of the format.
  const sep = file.id('seperator_token_id', vocabulary) ?? file.id('eos_token_id', vocabulary)
  if (unknown === undefined || cls === undefined || sep === undefined) {
    throw new OstroError(
      'invalid-file',
      `gguf: expected ids of the unknown, first and separator tokens among ${PREFIX}*, but not all are there.`,
    )
  }
  // The format does not say whether the model is cased; a vocabulary without capitals can spell none.
  const lowercases = !spellings.some((token, id) => isText(id) && /\p{Lu}/u.test(token))
  const rules = { cleansText: true, spacesChinese: true, stripsAccents: lowercases, lowercases }
  const segment = createWordPieceSegmenter({
    vocabulary,
    unknown,
    prefix,
    mostCharacters: 100,
    normalize: (text) => normalizeForBert(text, rules),
    preTokenize: cutBertWords,
  })
  const parts = commonParts(file, vocabulary, segment, {
    kind: 'wordpiece',
    addsBos: true,
    addsEos: true,
    stripsLeadingSpace: true,
    bytesOf: (id) => wordPieceTokenBytes(vocabulary, id, prefix),
  })
  return { ...parts, bos: cls, eos: sep, prefix: [cls], suffix: [sep], pairTemplate: bertPair(cls, sep) }
}

type ModelParts = Pick<TokenizerParts, 'kind' | 'bytesOf' | 'stripsLeadingSpace'> & {
  readonly addsBos: boolean
  readonly addsEos: boolean
}

function commonParts(file: Reader, vocabulary: Vocabulary, segment: SegmentEncoder, model: ModelParts): TokenizerParts {
  const bos = file.id('bos_token_id', vocabulary)
  const eos = file.id('eos_token_id', vocabulary)
  const addsBos = file.flag('add_bos_token') ?? model.addsBos
  const addsEos = file.flag('add_eos_token') ?? model.addsEos
  const declaredEnds = [eos, file.id('eot_token_id', vocabulary), file.id('eom_token_id', vocabulary)]
  const infill = {
    prefix: file.id('fim_pre_token_id', vocabulary) ?? file.id('prefix_token_id', vocabulary),
    suffix: file.id('fim_suf_token_id', vocabulary) ?? file.id('suffix_token_id', vocabulary),
    middle: file.id('fim_mid_token_id', vocabulary) ?? file.id('middle_token_id', vocabulary),
  }
  return {
    kind: model.kind,
    vocabulary,
    segment,
    ...addedTokensByType(vocabulary),
    bytesOf: model.bytesOf,
    stripsLeadingSpace: model.stripsLeadingSpace,
    bos,
    eos,
    pad: file.id('padding_token_id', vocabulary),
    unknown: file.id('unknown_token_id', vocabulary),
    prefix: addsBos && bos !== undefined ? [bos] : [],
    suffix: addsEos && eos !== undefined ? [eos] : [],
    endOfGeneration: endOfGeneration(vocabulary, declaredEnds),
    infill: infillTokens(vocabulary, definedOnly(infill)),
  }
}

function definedOnly(ids: Readonly<Record<'prefix' | 'suffix' | 'middle', number | undefined>>) {
  const { prefix, suffix, middle } = ids
  return prefix !== undefined && suffix !== undefined && middle !== undefined ? { prefix, suffix, middle } : {}
}

/** Typed access to the tokenizer's keys; a value of the wrong type is an error that names the key. */
interface Reader {
  string(key: string): string | undefined
  flag(key: string): boolean | undefined
  list(key: string): readonly unknown[] | undefined
  numbers(key: string): ArrayLike<number> | undefined
  bytes(key: string): Uint8Array | undefined
  /** A token id; one outside the vocabulary is treated as absent, because files are known to carry such. */
  id(key: string, vocabulary: Vocabulary): number | undefined
}

function readerOf(metadata: ReadonlyMap<string, unknown>): Reader {
  const wrong = (key: string, expected: string, got: unknown): OstroError =>
    new OstroError(
      'invalid-file',
      `gguf: expected ${expected} in ${PREFIX}${key}, got ${typeof got}. The file is damaged.`,
      {
        key: PREFIX + key,
      },
    )
  const value = (key: string): unknown => metadata.get(PREFIX + key)
  const numbers = (key: string): ArrayLike<number> | undefined => {
    const found = value(key)
    if (found === undefined) return undefined
    if (ArrayBuffer.isView(found) && !(found instanceof DataView) && !isBigArray(found)) return found as Float32Array
    if (Array.isArray(found) && found.every((item) => typeof item === 'number')) return found
    throw wrong(key, 'a list of numbers', found)
  }
  return {
    string(key) {
      const found = value(key)
      if (found === undefined || typeof found === 'string') return found
      throw wrong(key, 'a string', found)
    },
    flag(key) {
      const found = value(key)
      if (found === undefined || typeof found === 'boolean') return found
      throw wrong(key, 'true or false', found)
    },
    list(key) {
      const found = value(key)
      if (found === undefined || Array.isArray(found)) return found
      if (isTextList(found)) return found.toArray()
      throw wrong(key, 'a list', found)
    },
    numbers,
    bytes(key) {
      const found = numbers(key)
      return found && found.length > 0 ? Uint8Array.from(found) : undefined
    },
    id(key, vocabulary) {
      const found = value(key)
      if (found === undefined) return undefined
      const id = typeof found === 'bigint' ? Number(found) : found
      if (typeof id !== 'number' || !Number.isInteger(id)) throw wrong(key, 'a token id', found)
      return id >= 0 && id < vocabulary.size ? id : undefined
    },
  }
}

/** The reader of GGUF files keeps lists of strings as bytes until they are asked for. */
function isTextList(value: unknown): value is { toArray(): string[] } {
  return typeof value === 'object' && value !== null && 'toArray' in value && typeof value.toArray === 'function'
}

function isBigArray(view: ArrayBufferView): boolean {
  return view instanceof BigInt64Array || view instanceof BigUint64Array
}
