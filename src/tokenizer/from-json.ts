/** Builds the tokenizer that a Hugging Face tokenizer.json describes. */
import { OstroError } from '../util/error.ts'
import type { AddedToken } from './added-tokens.ts'
import { assembleTokenizer, type SegmentEncoder } from './assemble.ts'
import { type ByteLevelOptions, createByteLevelSegmenter, readMerges } from './byte-level-bpe.ts'
import { byteLevelTokenBytes, sentencePieceTokenBytes } from './from-gguf.ts'
import { readDecoder, readNormalizer, readPreTokenizer, runStages } from './json-stages.ts'
import {
  asObject,
  describeValue,
  field,
  flagField,
  type JsonObject,
  listField,
  needText,
  numberField,
  objectField,
  textField,
  tokenId,
  unknownKind,
  wrongType,
} from './json-value.ts'
import { byteOfToken, createSentencePieceSegmenter } from './sentencepiece-bpe.ts'
import { readPostProcessor } from './post-processor.ts'
import { type PairTemplate, TOKEN_TYPE, type Tokenizer } from './tokenizer.ts'
import { createUnigramSegmenter } from './unigram.ts'
import { createVocabulary, endOfGeneration, infillTokens, type Vocabulary } from './vocabulary.ts'
import { createWordPieceSegmenter, wordPieceTokenBytes, type WordPieceRules } from './wordpiece.ts'

/**
 * The tokenizer of a parsed tokenizer.json; `tokenizerConfig` (tokenizer_config.json) names BOS, EOS and padding.
 * @throws OstroError('invalid-file') where a value is missing or of the wrong type, OstroError('unsupported') for a model,
 * normalizer, pre-tokenizer, decoder or regular expression that Ostro does not know; the message names it
 */
export function tokenizerFromJson(tokenizerJson: unknown, tokenizerConfig?: unknown): Tokenizer {
  const root = asObject(tokenizerJson, 'tokenizer.json')
  const config =
    tokenizerConfig === undefined || tokenizerConfig === null
      ? undefined
      : asObject(tokenizerConfig, 'tokenizer_config.json')
  const model = objectField(root, 'model')
  if (!model) throw wrongType('tokenizer.json.model', 'an object', undefined)
  // Files from before the model had a type are BPE.
  const kind = textField(model, 'type') ?? 'BPE'
  if (kind !== 'BPE' && kind !== 'Unigram' && kind !== 'WordPiece') throw unknownKind('tokenizer.json.model', kind)

  const added = readAddedTokens(root)
  const { tokens, scores } = kind === 'Unigram' ? readUnigramVocabulary(model, added) : readBpeVocabulary(model, added)
  const byteFallback = flagField(model, 'byte_fallback') ?? false
  const unknown = unknownId(model, kind, tokens)
  const vocabulary = createVocabulary(
    tokens,
    typesOf(tokens, added, byteFallback, unknown),
    'tokenizer.json.model.vocab',
  )

  const normalize = readNormalizer(field(root, 'normalizer'), 'tokenizer.json.normalizer')
  const pre = readPreTokenizer(field(root, 'pre_tokenizer'), 'tokenizer.json.pre_tokenizer')
  const words = kind === 'WordPiece' ? readWordPiece(model, unknown) : undefined
  const decoding = readDecoder(field(root, 'decoder'), 'tokenizer.json.decoder')
  const byteLevel = pre.byteLevel || decoding.byteLevel

  const cutting = {
    vocabulary,
    normalize,
    preTokenize: (text: string, onWord: (word: string) => void, first: boolean) =>
      runStages(pre.stages, text, first, onWord),
  }
  const segment =
    words !== undefined
      ? createWordPieceSegmenter({ ...cutting, ...words })
      : kind === 'Unigram'
        ? createUnigramSegmenter({ ...cutting, scores, unknown: unknown ?? -1, byteFallback })
        : createBpeSegmenter(model, { ...cutting, byteLevel, byteFallback, unknown })

  const special = readSpecial(root, config, vocabulary)
  return assembleTokenizer({
    kind: words !== undefined ? 'wordpiece' : kind === 'Unigram' ? 'unigram' : byteLevel ? 'bpe' : 'spm',
    vocabulary,
    segment,
    alwaysAdded: added.filter((token) => !token.special),
    controlAdded: added.filter((token) => token.special),
    bytesOf: (id) => {
      if (words !== undefined) return wordPieceTokenBytes(vocabulary, id, words.prefix)
      return byteLevel ? byteLevelTokenBytes(vocabulary, id) : sentencePieceTokenBytes(vocabulary, id)
    },
    ...special,
    unknown,
    endOfGeneration: endOfGeneration(vocabulary, [special.eos]),
    infill: infillTokens(vocabulary),
    stripsLeadingSpace: words !== undefined || decoding.stripsLeadingSpace,
  })
}

/** How a text becomes pieces, whatever joins these. */
type Cutting = Pick<ByteLevelOptions, 'vocabulary' | 'preTokenize'> & { readonly normalize: (text: string) => string }

function createBpeSegmenter(
  model: JsonObject,
  {
    byteLevel,
    byteFallback,
    ...cutting
  }: Cutting & Pick<ByteLevelOptions, 'unknown'> & { readonly byteLevel: boolean; readonly byteFallback: boolean },
): SegmentEncoder {
  refuseUnknownBpe(model)
  const merges = readMerges(listField(model, 'merges'), cutting.vocabulary, 'tokenizer.json.model.merges')
  const ignoreMerges = flagField(model, 'ignore_merges') ?? false
  if (byteLevel) return createByteLevelSegmenter({ ...cutting, merges, ignoreMerges })
  const fuseUnknown = flagField(model, 'fuse_unk') ?? false
  return createSentencePieceSegmenter({ ...cutting, merges, ignoreMerges, byteFallback, fuseUnknown })
}

function readWordPiece(model: JsonObject, unknown: number | undefined): WordPieceRules {
  if (unknown === undefined) {
    const name = field(model, 'unk_token')
    throw wrongType('tokenizer.json.model.unk_token', 'a token of the vocabulary', name)
  }
  return {
    unknown,
    prefix: textField(model, 'continuing_subword_prefix') ?? '##',
    mostCharacters: numberField(model, 'max_input_chars_per_word') ?? 100,
  }
}

interface JsonAddedToken extends AddedToken {
  readonly special: boolean
}

function readAddedTokens(root: JsonObject): JsonAddedToken[] {
  return listField(root, 'added_tokens').map((value, i) => {
    const token = asObject(value, `tokenizer.json.added_tokens[${i}]`)
    return {
      text: needText(token, 'content'),
      id: tokenId(field(token, 'id'), `${token.path}.id`),
      special: flagField(token, 'special') ?? false,
      stripsLeft: flagField(token, 'lstrip') ?? false,
      stripsRight: flagField(token, 'rstrip') ?? false,
      wholeWord: flagField(token, 'single_word') ?? false,
    }
  })
}

function readBpeVocabulary(
  model: JsonObject,
  added: readonly JsonAddedToken[],
): { tokens: string[]; scores: number[] } {
  const vocabulary = objectField(model, 'vocab')
  if (!vocabulary) throw wrongType('tokenizer.json.model.vocab', 'an object', undefined)
  const entries = Object.entries(vocabulary.fields)
  const tokens: string[] = []
  const put = placer(tokens, entries.length + added.length)
  for (const [token, id] of entries)
    put(token, tokenId(id, `tokenizer.json.model.vocab[${JSON.stringify(token.slice(0, 40))}]`))
  for (const token of added) put(token.text, token.id)
  return { tokens: fillHoles(tokens), scores: [] }
}

function readUnigramVocabulary(
  model: JsonObject,
  added: readonly JsonAddedToken[],
): { tokens: string[]; scores: number[] } {
  const entries = listField(model, 'vocab')
  const tokens: string[] = []
  const scores: number[] = []
  for (const [id, entry] of entries.entries()) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || typeof entry[1] !== 'number') {
      throw wrongType(`tokenizer.json.model.vocab[${id}]`, 'a token and its score', entry)
    }
    tokens.push(entry[0])
    scores.push(entry[1])
  }
  const put = placer(tokens, entries.length + added.length)
  for (const token of added) put(token.text, token.id)
  return { tokens: fillHoles(tokens), scores: Array.from({ length: tokens.length }, (_, id) => scores[id] ?? 0) }
}

/** Places tokens by id; ids may have holes, but not more holes than tokens (and some). */
function placer(tokens: string[], count: number): (token: string, id: number) => void {
  const limit = count * 2 + 65_536
  return (token, id) => {
    if (id >= limit) {
      throw new OstroError(
        'invalid-file',
        `tokenizer.json: the id ${id} is far beyond ${count} tokens. The file is damaged.`,
        { id, count },
      )
    }
    tokens[id] = token
  }
}

function fillHoles(tokens: string[]): string[] {
  for (let id = 0; id < tokens.length; id++) tokens[id] ??= ''
  return tokens
}

function typesOf(
  tokens: readonly string[],
  added: readonly JsonAddedToken[],
  byteFallback: boolean,
  unknown: number | undefined,
): Uint8Array {
  const types = new Uint8Array(tokens.length).fill(TOKEN_TYPE.normal)
  for (let id = 0; id < tokens.length; id++) {
    if (tokens[id] === '') types[id] = TOKEN_TYPE.unused
    else if (byteFallback && byteOfToken(tokens[id]) >= 0) types[id] = TOKEN_TYPE.byte
  }
  for (const token of added) types[token.id] = token.special ? TOKEN_TYPE.control : TOKEN_TYPE.userDefined
  if (unknown !== undefined && types[unknown] !== TOKEN_TYPE.userDefined) types[unknown] = TOKEN_TYPE.unknown
  return types
}

function unknownId(model: JsonObject, kind: string, tokens: readonly string[]): number | undefined {
  if (kind === 'Unigram') {
    const id = numberField(model, 'unk_id')
    if (id === undefined) return undefined
    if (Number.isInteger(id) && id >= 0 && id < tokens.length) return id
    throw wrongType('tokenizer.json.model.unk_id', 'a token id', id)
  }
  const name = textField(model, 'unk_token')
  const id = name === undefined || name === '' ? -1 : tokens.indexOf(name)
  return id < 0 ? undefined : id
}

function refuseUnknownBpe(model: JsonObject): void {
  for (const name of ['continuing_subword_prefix', 'end_of_word_suffix', 'dropout']) {
    const value = field(model, name)
    if (value !== undefined && value !== '' && value !== 0)
      throw unknownKind(`tokenizer.json.model.${name}`, describeValue(value))
  }
}

interface Special {
  readonly bos: number | undefined
  readonly eos: number | undefined
  readonly pad: number | undefined
  readonly prefix: readonly number[]
  readonly suffix: readonly number[]
  readonly pairTemplate: PairTemplate | undefined
}

function readSpecial(root: JsonObject, config: JsonObject | undefined, vocabulary: Vocabulary): Special {
  const named = (name: string): number | undefined => {
    const value = config && field(config, name)
    if (config === undefined || value === undefined) return undefined
    const text = typeof value === 'string' ? value : textField(asObject(value, `${config.path}.${name}`), 'content')
    return text === undefined ? undefined : vocabulary.idOf(text)
  }
  const frame = readPostProcessor(field(root, 'post_processor'), 'tokenizer.json.post_processor', vocabulary)
  const bos = named('bos_token') ?? frame?.prefix[0]
  const eos = named('eos_token') ?? frame?.suffix.at(-1)
  const adds = (name: string, id: number | undefined): number[] =>
    config && flagField(config, name) && id !== undefined ? [id] : []
  return {
    bos,
    eos,
    pad: named('pad_token'),
    prefix: frame?.prefix ?? adds('add_bos_token', bos),
    suffix: frame?.suffix ?? adds('add_eos_token', eos),
    pairTemplate: frame?.pair,
  }
}
