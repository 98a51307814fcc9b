/** Reads SentencePiece's `.model` files: a protocol buffer of pieces and of how text is normalised (sentencepiece_model.proto). */
import { OstroError } from '../util/error.ts'

export interface SentencePieceFile {
  readonly kind: 'unigram' | 'bpe'
  readonly pieces: readonly SentencePiece[]
  readonly byteFallback: boolean
  /** Ids of control pieces; -1 where there is none. */
  readonly ids: Readonly<Record<'unknown' | 'bos' | 'eos' | 'pad', number>>
  readonly normalizer: {
    /** See `readCharsmap`; undefined: characters stay as they are. */
    readonly charsmap: Uint8Array | undefined
    readonly addsSpace: boolean
    readonly collapsesSpaces: boolean
  }
}

export interface SentencePiece {
  readonly text: string
  readonly score: number
  /** One of TOKEN_TYPE, whose numbers are those of the format. */
  readonly type: number
}

/** @throws OstroError `invalid-file` for bytes that are no such file, `unsupported` for word and character models */
export function readSentencePieceFile(bytes: Uint8Array): SentencePieceFile {
  const pieces: SentencePiece[] = []
  let trainer: Message = new Map()
  let normalizer: Message = new Map()
  for (const { number, value } of readFields(bytes)) {
    if (number === 1) pieces.push(readPiece(asMessage(value)))
    else if (number === 2) trainer = asMessage(value)
    else if (number === 3) normalizer = asMessage(value)
  }
  if (pieces.length === 0) throw damaged('expected pieces, got none')
  const kind = modelKinds[integerOf(trainer, 3, 1)]
  if (kind === undefined) {
    const message = `sentencepiece: models of type ${integerOf(trainer, 3, 1)} are not supported. Supported are unigram and BPE.`
    throw new OstroError('unsupported', message)
  }
  const charsmap = normalizer.get(2)
  return {
    kind,
    pieces,
    byteFallback: integerOf(trainer, 35, 0) !== 0,
    ids: {
      unknown: idOf(trainer, 40, 0, pieces.length),
      bos: idOf(trainer, 41, 1, pieces.length),
      eos: idOf(trainer, 42, 2, pieces.length),
      pad: idOf(trainer, 43, -1, pieces.length),
    },
    normalizer: {
      charsmap: charsmap instanceof Uint8Array && charsmap.length > 0 ? charsmap : undefined,
      addsSpace: integerOf(normalizer, 3, 1) !== 0,
      collapsesSpaces: integerOf(normalizer, 4, 1) !== 0,
    },
  }
}

const modelKinds: Readonly<Record<number, SentencePieceFile['kind'] | undefined>> = { 1: 'unigram', 2: 'bpe' }

/** Field number -> its last value. Numbers of 32 bits are kept as their bytes. */
type Message = ReadonlyMap<number, bigint | Uint8Array>

interface Field {
  readonly number: number
  readonly value: bigint | Uint8Array
}

function readPiece(message: Message): SentencePiece {
  const text = message.get(1)
  const score = message.get(2)
  if (!(text instanceof Uint8Array)) throw damaged('expected the text of a piece')
  const isFloat = score instanceof Uint8Array && score.length === 4
  return {
    text: new TextDecoder().decode(text),
    score: isFloat ? new DataView(score.buffer, score.byteOffset, 4).getFloat32(0, true) : 0,
    type: integerOf(message, 3, 1),
  }
}

function asMessage(value: bigint | Uint8Array): Message {
  if (!(value instanceof Uint8Array)) throw damaged('expected a message, got a number')
  return new Map(readFields(value).map((field) => [field.number, field.value]))
}

function integerOf(message: Message, number: number, absent: number): number {
  const value = message.get(number)
  if (value === undefined) return absent
  if (typeof value !== 'bigint') throw damaged(`expected an integer in field ${number}`)
  return Number(BigInt.asIntN(32, value))
}

/** An id outside the vocabulary stands for none, as -1 does. */
function idOf(message: Message, number: number, absent: number, count: number): number {
  const id = integerOf(message, number, absent)
  return id >= 0 && id < count ? id : -1
}

/** The fields of a message in order (protobuf encoding: a key of number and wire type, then the value). */
function readFields(bytes: Uint8Array): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) throw damaged(`expected more than ${bytes.length} bytes`)
      const byte = bytes[at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw damaged('expected an integer of at most 10 bytes')
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw damaged(`expected ${length} bytes at ${at}, got ${bytes.length - at}`)
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = varint()
    const number = Number(key >> 3n)
    const wireType = Number(key & 7n)
    if (wireType === 0) fields.push({ number, value: varint() })
    else if (wireType === 1) fields.push({ number, value: take(8) })
    else if (wireType === 2) fields.push({ number, value: take(Number(varint())) })
    else if (wireType === 5) fields.push({ number, value: take(4) })
    else throw damaged(`expected wire type 0, 1, 2 or 5, got ${wireType}`)
  }
  return fields
}

function damaged(problem: string): OstroError {
  return new OstroError('invalid-file', `sentencepiece: ${problem}. The file is damaged, or no SentencePiece model.`)
}
