/**
 * Small GGUF files, written field by field from the format's description and not by Ostro's writer, with the place of every
 * field that steers a reader: counts, lengths, types, dimensions, offsets.
 */
import { borderNumbers, mutateBlindly, type Random } from './random.ts'

export interface Field {
  readonly offset: number
  readonly bytes: 4 | 8
  readonly role:
    | 'version'
    | 'count'
    | 'length'
    | 'value-type'
    | 'dimensions'
    | 'dimension'
    | 'tensor-type'
    | 'offset'
    | 'value'
}

export interface GgufBase {
  readonly name: string
  readonly bytes: Uint8Array
  readonly fields: readonly Field[]
  /** Where the padding before the tensor data begins. */
  readonly headerEnd: number
}

const types = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
}
const widths: Readonly<Record<string, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  u64: 8,
  i64: 8,
  f64: 8,
}

interface Key {
  readonly key: string
  readonly type: keyof typeof types
  readonly element?: Exclude<keyof typeof types, 'array'>
  readonly value: readonly number[] | readonly string[]
}

interface Tensor {
  readonly name: string
  /** Innermost first, as in the file. */
  readonly dimensions: readonly number[]
  readonly type: number
  readonly sizeBytes: number
}

const kitchenSink: Key[] = [
  { key: 'general.architecture', type: 'string', value: ['llama'] },
  { key: 'a.u8', type: 'u8', value: [200] },
  { key: 'a.i8', type: 'i8', value: [-3] },
  { key: 'a.u16', type: 'u16', value: [60_000] },
  { key: 'a.i16', type: 'i16', value: [-30_000] },
  { key: 'a.u32', type: 'u32', value: [4_000_000_000] },
  { key: 'a.i32', type: 'i32', value: [-2] },
  { key: 'a.f32', type: 'f32', value: [0.5] },
  { key: 'a.bool', type: 'bool', value: [1] },
  { key: 'a.u64', type: 'u64', value: [7] },
  { key: 'a.i64', type: 'i64', value: [-7] },
  { key: 'a.f64', type: 'f64', value: [0.1] },
  { key: 'tokens', type: 'array', element: 'string', value: ['<s>', '▁the', '', 'ß', '😀', 'x'.repeat(40)] },
  { key: 'scores', type: 'array', element: 'f32', value: [0, -1, -2.5] },
  { key: 'kinds', type: 'array', element: 'i32', value: [3, 1, 1, 6] },
  { key: 'flags', type: 'array', element: 'bool', value: [0, 1, 1] },
  { key: 'wide', type: 'array', element: 'u64', value: [1, 2] },
  { key: 'bytes', type: 'array', element: 'u8', value: [1, 2, 3] },
]

const fourTensors: Tensor[] = [
  { name: 'token_embd.weight', dimensions: [32, 3], type: 8, sizeBytes: 102 },
  { name: 'blk.0.attn_norm.weight', dimensions: [5], type: 0, sizeBytes: 20 },
  { name: 'blk.0.ffn_up.weight', dimensions: [32, 2, 2], type: 2, sizeBytes: 72 },
  { name: 'blk.0.k.weight', dimensions: [256, 1], type: 12, sizeBytes: 144 },
]

export function ggufBases(): GgufBase[] {
  const alignment: Key = { key: 'general.alignment', type: 'u32', value: [64] }
  const split: Key[] = [
    { key: 'split.count', type: 'u16', value: [1] },
    { key: 'split.no', type: 'u16', value: [0] },
    { key: 'split.tensors.count', type: 'i32', value: [4] },
  ]
  return [
    build('everything', 3, kitchenSink, fourTensors, 32),
    build('aligned', 3, [alignment, ...kitchenSink.slice(0, 3)], fourTensors, 64),
    build('version 2', 2, kitchenSink.slice(0, 1), fourTensors.slice(1, 2), 32),
    build('split', 3, split, fourTensors, 32),
    build('vocabulary only', 3, kitchenSink.slice(12), [], 32),
  ]
}

/** One to three faults: mostly in fields that steer the reader, else anywhere. */
export function mutateGguf(base: GgufBase, random: Random): Uint8Array {
  let bytes: Uint8Array = base.bytes.slice()
  for (let faults = 1 + random.below(3); faults > 0; faults--) {
    if (bytes.length === 0) break
    bytes = random.below(4) > 0 ? mutateField(bytes, base.fields, random) : mutateBlindly(bytes, random)
  }
  return bytes
}

function mutateField(bytes: Uint8Array, fields: readonly Field[], random: Random): Uint8Array {
  const field = random.pick(fields)
  if (field.offset + field.bytes > bytes.length) return bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const old = field.bytes === 4 ? BigInt(view.getUint32(field.offset, true)) : view.getBigUint64(field.offset, true)
  const other = random.pick(fields)
  const left = BigInt(bytes.length - field.offset)
  const value = random.pick([
    random.pick(borderNumbers),
    old + BigInt(random.below(9) - 4),
    old * 2n,
    old << 32n,
    left - BigInt(random.below(17)),
    left / 8n,
    left / 14n,
    other.offset + other.bytes <= bytes.length ? BigInt(view.getUint32(other.offset, true)) : 0n,
    BigInt(random.below(16)),
  ])
  if (field.bytes === 4) view.setUint32(field.offset, Number(BigInt.asUintN(32, value)), true)
  else view.setBigUint64(field.offset, BigInt.asUintN(64, value), true)
  return bytes
}

function build(
  name: string,
  version: number,
  keys: readonly Key[],
  tensors: readonly Tensor[],
  alignment: number,
): GgufBase {
  const out: number[] = []
  const fields: Field[] = []
  const word = (value: number, role: Field['role']): void => {
    fields.push({ offset: out.length, bytes: 4, role })
    append(out, 'u32', value)
  }
  const long = (value: number, role: Field['role']): void => {
    fields.push({ offset: out.length, bytes: 8, role })
    append(out, 'u64', value)
  }
  const text = (value: string): void => {
    const bytes = new TextEncoder().encode(value)
    long(bytes.length, 'length')
    out.push(...bytes)
  }
  out.push(...new TextEncoder().encode('GGUF'))
  word(version, 'version')
  long(tensors.length, 'count')
  long(keys.length, 'count')
  for (const { key, type, element, value } of keys) {
    text(key)
    word(types[type], 'value-type')
    if (element !== undefined) {
      word(types[element], 'value-type')
      long(value.length, 'count')
    }
    for (const item of value) {
      if (typeof item === 'string') text(item)
      else if (type === 'u32') word(item, 'value')
      else append(out, element ?? type, item)
    }
  }
  let offset = 0
  for (const tensor of tensors) {
    text(tensor.name)
    word(tensor.dimensions.length, 'dimensions')
    for (const dimension of tensor.dimensions) long(dimension, 'dimension')
    word(tensor.type, 'tensor-type')
    long(offset, 'offset')
    offset += Math.ceil(tensor.sizeBytes / alignment) * alignment
  }
  const headerEnd = out.length
  const dataStart = Math.ceil(headerEnd / alignment) * alignment
  const bytes = new Uint8Array(tensors.length === 0 ? headerEnd : dataStart + offset)
  bytes.set(out)
  for (let at = dataStart; at < bytes.length; at++) bytes[at] = at & 0xff
  return { name, bytes, fields, headerEnd }
}

function append(out: number[], type: string, value: number): void {
  const view = new DataView(new ArrayBuffer(8))
  if (type === 'f32') view.setFloat32(0, value, true)
  else if (type === 'f64') view.setFloat64(0, value, true)
  else view.setBigInt64(0, BigInt(value), true)
  for (let index = 0; index < widths[type]; index++) out.push(view.getUint8(index))
}
