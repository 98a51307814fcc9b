/** The tokens that a tokenizer.json puts around one text, and around and between two. */
import { OstroError } from '../util/error.ts'
import {
  asObject,
  field,
  type JsonObject,
  listField,
  needText,
  numberField,
  objectField,
  tokenId,
  unknownKind,
  wrongType,
} from './json-value.ts'
import type { PairPiece, PairTemplate } from './tokenizer.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface Frame {
  readonly prefix: readonly number[]
  readonly suffix: readonly number[]
  /** Undefined where the file says nothing of pairs. */
  readonly pair: PairTemplate | undefined
}

/** Undefined where nothing is put around a text. @throws OstroError `invalid-file`, `unsupported` */
export function readPostProcessor(value: unknown, path: string, vocabulary: Vocabulary, depth = 0): Frame | undefined {
  if (value === undefined || value === null) return undefined
  const node = asObject(value, path)
  const kind = needText(node, 'type')
  switch (kind) {
    case 'ByteLevel':
      return undefined
    case 'Sequence': {
      if (depth > 8) throw new OstroError('invalid-file', `${path}: nested too deeply. The file is damaged.`, { path })
      const frames = listField(node, 'processors').map((step, i) =>
        readPostProcessor(step, `${path}.processors[${i}]`, vocabulary, depth + 1),
      )
      const found = frames.filter((frame) => frame !== undefined)
      if (found.length === 0) return undefined
      return {
        prefix: found.flatMap((frame) => frame.prefix),
        suffix: found.flatMap((frame) => frame.suffix),
        pair: found.find((frame) => frame.pair !== undefined)?.pair,
      }
    }
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const idAt = (name: string): number => tokenIn(listField(node, name)[1], `${path}.${name}`, vocabulary)
      const [cls, sep] = [idAt('cls'), idAt('sep')]
      return {
        prefix: [cls],
        suffix: [sep],
        pair: kind === 'BertProcessing' ? bertPair(cls, sep) : robertaPair(cls, sep),
      }
    }
    case 'TemplateProcessing':
      return readTemplates(node, vocabulary)
    default:
      throw unknownKind(path, kind)
  }
}

export function bertPair(cls: number, sep: number): PairTemplate {
  return [
    { tokens: [cls], segment: 0 },
    { text: 'first', segment: 0 },
    { tokens: [sep], segment: 0 },
    { text: 'second', segment: 1 },
    { tokens: [sep], segment: 1 },
  ]
}

function robertaPair(cls: number, sep: number): PairTemplate {
  return [
    { tokens: [cls], segment: 0 },
    { text: 'first', segment: 0 },
    { tokens: [sep, sep], segment: 0 },
    { text: 'second', segment: 0 },
    { tokens: [sep], segment: 0 },
  ]
}

function readTemplates(node: JsonObject, vocabulary: Vocabulary): Frame {
  const single = readTemplate(node, 'single', vocabulary)
  const text = single.findIndex((piece) => 'text' in piece)
  const tokensOf = (pieces: readonly PairPiece[]): number[] =>
    pieces.flatMap((piece) => ('tokens' in piece ? piece.tokens : []))
  const [before, after] = text < 0 ? [single, []] : [single.slice(0, text), single.slice(text + 1)]
  const pair = readTemplate(node, 'pair', vocabulary)
  const names = pair.flatMap((piece) => ('text' in piece ? piece.text : []))
  const isPair = names.length === 2 && names.includes('first') && names.includes('second')
  return { prefix: tokensOf(before), suffix: tokensOf(after), pair: isPair ? pair : undefined }
}

function readTemplate(node: JsonObject, name: 'single' | 'pair', vocabulary: Vocabulary): PairPiece[] {
  const special = objectField(node, 'special_tokens')
  return listField(node, name).map((value, i): PairPiece => {
    const step = asObject(value, `${node.path}.${name}[${i}]`)
    const sequence = objectField(step, 'Sequence')
    if (sequence) {
      const text = textOf(needText(sequence, 'id'), sequence.path)
      return { text, segment: numberField(sequence, 'type_id') ?? 0 }
    }
    const token = objectField(step, 'SpecialToken')
    if (!token) throw wrongType(step.path, 'a Sequence or a SpecialToken', value)
    const declared = special && objectField(special, needText(token, 'id'))
    if (!declared) throw wrongType(`${step.path}.SpecialToken.id`, 'one of special_tokens', field(token, 'id'))
    const tokens = listField(declared, 'ids').map((id) => tokenIn(id, `${declared.path}.ids`, vocabulary))
    return { tokens, segment: numberField(token, 'type_id') ?? 0 }
  })
}

function textOf(id: string, path: string): 'first' | 'second' {
  if (id === 'A') return 'first'
  if (id === 'B') return 'second'
  throw wrongType(`${path}.id`, 'A or B', id)
}

function tokenIn(value: unknown, path: string, vocabulary: Vocabulary): number {
  const id = tokenId(value, path)
  if (id < vocabulary.size) return id
  throw wrongType(path, `a token id below ${vocabulary.size}`, value)
}
