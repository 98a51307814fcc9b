/**
 * Builds tokenizers from SentencePiece's own files, as encoder-decoders have them: one file whose ids are the model's (T5), or files that
 * only cut text, beside a vocab.json that says which id each piece has (Marian with a file for each side, M2M-100).
 */
import { OstroError } from '../util/error.ts'
import { createAddedTokenSplitter } from './added-tokens.ts'
import { addedTokensByType, assembleTokenizer, type SegmentEncoder } from './assemble.ts'
import { readCharsmap } from './charsmap.ts'
import { sentencePieceTokenBytes } from './from-gguf.ts'
import { asObject, describeValue, tokenId } from './json-value.ts'
import { createSentencePieceSegmenter, SPACE_MARK } from './sentencepiece-bpe.ts'
import { readSentencePieceFile, type SentencePieceFile } from './sentencepiece-file.ts'
import { TOKEN_TYPE, type Tokenizer } from './tokenizer.ts'
import { createUnigramSegmenter } from './unigram.ts'
import { createVocabulary, endOfGeneration, type Vocabulary } from './vocabulary.ts'

export interface SentencePieceOptions {
  /** A parsed vocab.json: piece -> id. Default: the ids of the file. */
  readonly vocabulary?: unknown
  /** Control tokens beyond the vocabulary, such as languages: they get the ids after its last one. */
  readonly added?: readonly string[]
}

/**
 * The tokenizer of a `.model` or `.spm` file; it ends a text with EOS.
 * @throws OstroError('invalid-file') for a damaged file or vocabulary, OstroError('unsupported') for word and character models
 */
export function tokenizerFromSentencePiece(bytes: Uint8Array, options: SentencePieceOptions = {}): Tokenizer {
  const file = readSentencePieceFile(bytes)
  const pieces = createVocabulary(
    file.pieces.map(({ text }) => text),
    file.pieces.map(({ type }) => type),
    'sentencepiece',
  )
  const segment = createSegmenter(file, pieces)
  const { added = [] } = options
  const listed = options.vocabulary === undefined ? undefined : readIds(options.vocabulary)
  const tokens = [...(listed ?? pieces.tokens), ...added]
  const first = tokens.length - added.length
  const types = tokens.map((token, id) => (id >= first ? TOKEN_TYPE.control : typeOf(token, id, pieces, listed)))
  const vocabulary = createVocabulary(tokens, types, listed === undefined ? 'sentencepiece' : 'vocab.json')
  const textOf = (id: number): string | undefined => (id < 0 ? undefined : pieces.tokens[id])
  const find = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : vocabulary.idOf(text)
  const { ids } = file
  const eos = find(textOf(ids.eos)) ?? find('</s>')
  const unknown = find(textOf(ids.unknown)) ?? find('<unk>')
  return assembleTokenizer({
    kind: file.kind === 'bpe' ? 'spm' : 'unigram',
    vocabulary,
    segment: listed === undefined ? segment : renumber(segment, pieces, vocabulary, unknown),
    alwaysAdded: [],
    controlAdded: addedTokensByType(vocabulary).controlAdded,
    bytesOf: (id) => sentencePieceTokenBytes(vocabulary, id),
    bos: find(textOf(ids.bos)),
    eos,
    pad: find(textOf(ids.pad)) ?? find('<pad>'),
    unknown,
    prefix: [],
    suffix: eos === undefined ? [] : [eos],
    endOfGeneration: endOfGeneration(vocabulary, [eos]),
    infill: undefined,
    stripsLeadingSpace: file.normalizer.addsSpace,
  })
}

/** As SentencePiece does it: the whole text is normalised, then user-defined pieces are taken out, then the rest is split. */
function createSegmenter(file: SentencePieceFile, vocabulary: Vocabulary): SegmentEncoder {
  const { charsmap, addsSpace, collapsesSpaces } = file.normalizer
  const normalizeCharacters = charsmap === undefined ? (text: string) => text : readCharsmap(charsmap)
  const normalize = (text: string, first: boolean): string => {
    let normal = normalizeCharacters(text)
    if (collapsesSpaces) normal = normal.replace(/ +/g, ' ').replace(/^ | $/g, '')
    if (normal === '') return ''
    return (addsSpace && first ? SPACE_MARK : '') + normal.replaceAll(' ', SPACE_MARK)
  }
  const scores = file.pieces.map(({ score }) => score)
  const { byteFallback, ids } = file
  const shared = { vocabulary, scores, byteFallback, normalize: (text: string) => text }
  const cut =
    file.kind === 'unigram'
      ? createUnigramSegmenter({ ...shared, unknown: ids.unknown })
      : createSentencePieceSegmenter({
          ...shared,
          fuseUnknown: true,
          unknown: ids.unknown < 0 ? undefined : ids.unknown,
        })
  const split = createAddedTokenSplitter(addedTokensByType(vocabulary).alwaysAdded)
  return (text, into, first) => {
    split(
      normalize(text, first),
      (stretch) => cut(stretch, into, first),
      (id) => into.push(id),
    )
  }
}

/** From the ids of the file to those of the vocabulary; a piece that the vocabulary lacks is unknown. */
function renumber(
  segment: SegmentEncoder,
  pieces: Vocabulary,
  vocabulary: Vocabulary,
  unknown: number | undefined,
): SegmentEncoder {
  const ids = pieces.tokens.map((piece) => vocabulary.idOf(piece) ?? unknown)
  return (text, into, first) => {
    const own: number[] = []
    segment(text, own, first)
    for (const id of own) {
      const renumbered = ids[id]
      if (renumbered !== undefined) into.push(renumbered)
    }
  }
}

function readIds(value: unknown): string[] {
  const { fields } = asObject(value, 'vocab.json')
  const entries = Object.entries(fields)
  const tokens = Array.from({ length: entries.length }, () => '')
  for (const [token, entry] of entries) {
    const id = tokenId(entry, `vocab.json[${JSON.stringify(token.slice(0, 40))}]`)
    if (id >= tokens.length) {
      const message = `vocab.json: expected ids below ${tokens.length}, got ${describeValue(id)}. The file is damaged.`
      throw new OstroError('invalid-file', message, { id })
    }
    tokens[id] = token
  }
  return tokens
}

/** Of a vocabulary beside the file: what the file says of the piece; the rest are the frames of texts and languages (`>>fra<<`). */
function typeOf(token: string, id: number, pieces: Vocabulary, listed: readonly string[] | undefined): number {
  if (listed === undefined) return pieces.types[id]
  const own = pieces.idOf(token)
  if (own !== undefined) return pieces.types[own]
  if (token === '<unk>') return TOKEN_TYPE.unknown
  return /^(?:<\/?s>|<pad>|<mask>|>>.+<<)$/.test(token) ? TOKEN_TYPE.control : TOKEN_TYPE.normal
}
