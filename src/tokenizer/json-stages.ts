/** Normalizers and pre-tokenizers of a tokenizer.json as functions. */
import { OstroError } from '../util/error.ts'
import { readCharsmap } from './charsmap.ts'
import { translateRegex } from './foreign-regex.ts'
import {
  asObject,
  field,
  flagField,
  type JsonObject,
  listField,
  needText,
  objectField,
  textField,
  unknownKind,
  wrongType,
} from './json-value.ts'
import { namedPreTokenizer } from './pre-tokenizer.ts'
import { type BertNormalizing, cutBertWords, normalizeForBert } from './wordpiece-text.ts'

export type Normalizer = (text: string) => string
/** Cuts a piece of text; `first` where it stands at the start of the whole text. */
export type Stage = (text: string, first: boolean, emit: (piece: string, first: boolean) => void) => void

const MAX_DEPTH = 16
const MAX_STAGES = 64

export function readNormalizer(value: unknown, path: string, depth = 0): Normalizer {
  if (value === undefined || value === null) return (text) => text
  checkDepth(depth, path)
  const node = asObject(value, path)
  const kind = needText(node, 'type')
  switch (kind) {
    case 'Sequence': {
      const steps = listField(node, 'normalizers')
      checkCount(steps.length, path)
      const normalizers = steps.map((step, i) => readNormalizer(step, `${path}.normalizers[${i}]`, depth + 1))
      return (text) => normalizers.reduce((current, normalize) => bounded(text, normalize(current), path), text)
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(kind)
    case 'Lowercase':
      return (text) => text.toLowerCase()
    case 'StripAccents':
      return (text) => text.replace(/\p{Mn}/gu, '')
    case 'Strip':
      return stripper(flagField(node, 'strip_left') ?? true, flagField(node, 'strip_right') ?? true)
    case 'Prepend': {
      const prefix = needText(node, 'prepend')
      return (text) => (text === '' ? '' : prefix + text)
    }
    case 'Replace':
      return readReplace(node)
    case 'BertNormalizer':
      return readBertNormalizer(node)
    case 'Precompiled':
      return readCharsmap(fromBase64(needText(node, 'precompiled_charsmap'), path))
    default:
      throw unknownKind(path, kind)
  }
}

function readBertNormalizer(node: JsonObject): Normalizer {
  const lowercases = flagField(node, 'lowercase') ?? true
  const rules: BertNormalizing = {
    cleansText: flagField(node, 'clean_text') ?? true,
    spacesChinese: flagField(node, 'handle_chinese_chars') ?? true,
    // Where the file does not say, accents go with the capitals.
    stripsAccents: flagField(node, 'strip_accents') ?? lowercases,
    lowercases,
  }
  return (text) => normalizeForBert(text, rules)
}

function readReplace(node: JsonObject): Normalizer {
  const pattern = readPattern(node)
  const content = textField(node, 'content') ?? ''
  return (text) =>
    bounded(
      text,
      text.replaceAll(pattern, () => content),
      node.path,
    )
}

/** A text may grow under normalisation, but not without measure: a file could ask for doubling after doubling. */
function bounded(before: string, after: string, path: string): string {
  if (after.length <= before.length * 64 + 1024) return after
  throw new OstroError(
    'invalid-file',
    `${path}: normalising makes the text ${after.length} characters long. The file is damaged.`,
    { path },
  )
}

function stripper(left: boolean, right: boolean): Normalizer {
  const start = /^\p{White_Space}+/u
  const isSpace = /\p{White_Space}/u
  return (text) => {
    let end = text.length
    if (right) while (end > 0 && isSpace.test(text[end - 1])) end--
    const rest = text.slice(0, end)
    return left ? rest.replace(start, '') : rest
  }
}

function fromBase64(text: string, path: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0))
  } catch (error) {
    if (error instanceof DOMException) throw wrongType(`${path}.precompiled_charsmap`, 'base64', text)
    throw error
  }
}

/** `{"String": ...}` or `{"Regex": ...}` as a global expression. */
function readPattern(node: JsonObject): RegExp {
  const path = `${node.path}.pattern`
  const given = field(node, 'pattern')
  const pattern = typeof given === 'string' ? { path, fields: { String: given } } : asObject(given, path)
  const literal = textField(pattern, 'String')
  const regex = textField(pattern, 'Regex')
  if (literal)
    return new RegExp(
      literal.replace(/[\^$\\.*+?()[\]{}|/-]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16)}`),
      'gu',
    )
  if (regex) return translateRegex(regex)
  throw wrongType(path, 'a String or a Regex', given)
}

/** What the pre-tokenizer does, and whether it turns text into the byte alphabet. */
export interface PreTokenization {
  readonly stages: readonly Stage[]
  readonly byteLevel: boolean
}

export function readPreTokenizer(value: unknown, path: string, depth = 0): PreTokenization {
  if (value === undefined || value === null) return { stages: [], byteLevel: false }
  checkDepth(depth, path)
  const node = asObject(value, path)
  const kind = needText(node, 'type')
  const one = (stage: Stage, byteLevel = false): PreTokenization => ({ stages: [stage], byteLevel })
  switch (kind) {
    case 'Sequence': {
      const steps = listField(node, 'pretokenizers')
      checkCount(steps.length, path)
      const parts = steps.map((step, i) => readPreTokenizer(step, `${path}.pretokenizers[${i}]`, depth + 1))
      const stages = parts.flatMap((part) => part.stages)
      checkCount(stages.length, path)
      return { stages, byteLevel: parts.some((part) => part.byteLevel) }
    }
    case 'ByteLevel':
      return one(
        byteLevelStage(flagField(node, 'add_prefix_space') ?? true, flagField(node, 'use_regex') ?? true),
        true,
      )
    case 'Split':
      return one(splitStage(readPattern(node), needText(node, 'behavior'), flagField(node, 'invert') ?? false, path))
    case 'Digits':
      return one(splitStage(flagField(node, 'individual_digits') ? /\p{N}/gu : /\p{N}+/gu, 'Isolated', false, path))
    case 'Punctuation':
      return one(splitStage(/[\p{P}$+<=>^`|~]/gu, textField(node, 'behavior') ?? 'Isolated', false, path))
    case 'Whitespace':
      return one(
        splitStage(/[\p{L}\p{M}\p{N}\p{Pc}]+|[^\p{L}\p{M}\p{N}\p{Pc}\p{White_Space}]+/gu, 'Removed', true, path),
      )
    case 'WhitespaceSplit':
      return one(splitStage(/\p{White_Space}+/gu, 'Removed', false, path))
    case 'Metaspace':
      return one(metaspaceStage(node))
    case 'BertPreTokenizer':
      return one((text, first, emit) => cutBertWords(text, (word) => emit(word, first)))
    default:
      throw unknownKind(path, kind)
  }
}

function byteLevelStage(addsSpace: boolean, cuts: boolean): Stage {
  const { preTokenize } = namedPreTokenizer('gpt-2')
  return (text, first, emit) => {
    const spaced = addsSpace && !text.startsWith(' ') ? ` ${text}` : text
    if (cuts) preTokenize(spaced, (word) => emit(word, first))
    else emit(spaced, first)
  }
}

function metaspaceStage(node: JsonObject): Stage {
  const mark = textField(node, 'replacement') ?? '▁'
  if (Array.from(mark).length !== 1) throw wrongType(`${node.path}.replacement`, 'one character', mark)
  const scheme =
    textField(node, 'prepend_scheme') ?? (flagField(node, 'add_prefix_space') === false ? 'never' : 'always')
  if (!['always', 'first', 'never'].includes(scheme)) throw unknownKind(`${node.path}.prepend_scheme`, scheme)
  const cuts = flagField(node, 'split') ?? true
  return (text, first, emit) => {
    let marked = text.replaceAll(' ', mark)
    if ((scheme === 'always' || (scheme === 'first' && first)) && !marked.startsWith(mark)) marked = mark + marked
    if (!cuts) {
      emit(marked, first)
      return
    }
    let from = 0
    for (let at = marked.indexOf(mark, 1); at >= 0; at = marked.indexOf(mark, at + 1)) {
      if (at > from) emit(marked.slice(from, at), first)
      from = at
    }
    emit(marked.slice(from), first)
  }
}

/** Cuts at the matches of a pattern; `behavior` says what becomes of them, `invert` swaps matches and the rest. */
function splitStage(pattern: RegExp, behavior: string, invert: boolean, path: string): Stage {
  if (!['Isolated', 'Removed', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'].includes(behavior)) {
    throw unknownKind(`${path}.behavior`, behavior)
  }
  return (text, first, emit) => {
    let held = ''
    let heldIsMatch = false
    const flush = (): void => {
      if (held !== '') emit(held, first)
      held = ''
    }
    const take = (piece: string, isMatch: boolean): void => {
      if (behavior === 'Removed' && isMatch) return
      const joins =
        (behavior === 'MergedWithPrevious' && isMatch && !heldIsMatch) ||
        (behavior === 'MergedWithNext' && heldIsMatch && !isMatch) ||
        (behavior === 'Contiguous' && isMatch === heldIsMatch)
      if (!joins) flush()
      held += piece
      heldIsMatch = isMatch
    }
    let from = 0
    for (const match of text.matchAll(pattern)) {
      if (match[0] === '') continue
      if (match.index > from) take(text.slice(from, match.index), invert)
      take(match[0], !invert)
      from = match.index + match[0].length
    }
    if (from < text.length) take(text.slice(from), invert)
    flush()
  }
}

/** Runs all stages one after the other. */
export function runStages(
  stages: readonly Stage[],
  text: string,
  first: boolean,
  onWord: (word: string) => void,
): void {
  const run = (index: number, piece: string, isFirst: boolean): void => {
    if (piece === '') return
    if (index === stages.length) onWord(piece)
    else {
      let leads = isFirst
      stages[index](piece, isFirst, (part) => {
        run(index + 1, part, leads)
        leads = false
      })
    }
  }
  run(0, text, first)
}

function checkDepth(depth: number, path: string): void {
  if (depth > MAX_DEPTH)
    throw new OstroError('invalid-file', `${path}: nested too deeply. The file is damaged.`, { path })
}

function checkCount(count: number, path: string): void {
  if (count > MAX_STAGES)
    throw new OstroError('invalid-file', `${path}: ${count} steps, expected at most ${MAX_STAGES}.`, { path })
}

/** The fields of a decoder that say how tokens become bytes. */
export interface Decoding {
  readonly byteLevel: boolean
  readonly stripsLeadingSpace: boolean
}

export function readDecoder(value: unknown, path: string, depth = 0): Decoding {
  if (value === undefined || value === null) return { byteLevel: false, stripsLeadingSpace: false }
  checkDepth(depth, path)
  const node = asObject(value, path)
  const kind = needText(node, 'type')
  switch (kind) {
    case 'Sequence': {
      const steps = listField(node, 'decoders')
      checkCount(steps.length, path)
      const parts = steps.map((step, i) => readDecoder(step, `${path}.decoders[${i}]`, depth + 1))
      return {
        byteLevel: parts.some((part) => part.byteLevel),
        stripsLeadingSpace: parts.some((part) => part.stripsLeadingSpace),
      }
    }
    case 'ByteLevel':
      return { byteLevel: true, stripsLeadingSpace: false }
    case 'Metaspace': {
      const scheme = textField(node, 'prepend_scheme')
      return {
        byteLevel: false,
        stripsLeadingSpace: scheme === undefined ? (flagField(node, 'add_prefix_space') ?? true) : scheme !== 'never',
      }
    }
    case 'Strip':
      return { byteLevel: false, stripsLeadingSpace: field(node, 'start') === 1 && textField(node, 'content') === ' ' }
    case 'Replace': {
      // Only the usual `▁` -> space; the bytes of a token are made so.
      const pattern = objectField(node, 'pattern')
      if (!pattern || textField(pattern, 'String') !== '▁' || textField(node, 'content') !== ' ')
        throw unknownKind(path, kind)
      return { byteLevel: false, stripsLeadingSpace: false }
    }
    case 'ByteFallback':
    case 'Fuse':
    case 'WordPiece': // how its tokens are joined is in their bytes
      return { byteLevel: false, stripsLeadingSpace: false }
    default:
      throw unknownKind(path, kind)
  }
}
