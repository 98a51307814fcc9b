/**
 * Attention over pages of 64 positions, blocked over keys with a running softmax (Milakov and Gimelshein 2018; Dao et al. 2022).
 *
 * Keys of a page lie as panels of 16 positions, [kvHeads][4][headDim][16], values as rows, [kvHeads][64][width] with the head's width
 * rounded up to 16: both products then are the f32 matmul tile of 4 queries x 16. A tile holds up to four (token, head) pairs that share
 * a key head. Per query the order of operations depends on its position only, never on its neighbours.
 */
import { at, f32, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { exp, horizontalAdd, horizontalMax, tanh } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const attentionFields = stepFields(
  'query',
  'key',
  'value',
  'output',
  'positions',
  'sequences',
  'tokens', // address of T
  'pageTable', // i32 [sequence][tablePages]
  'tablePages',
  'keyPages',
  'valuePages',
  'heads',
  'kvHeads',
  'headDim',
  'scale',
  'window', // 2^30: none
  'softcap', // 0: none
  'scratch',
  'scratchStride', // bytes per thread: attentionScratchBytes(headDim)
)

const pageTokens = 64
const panel = 16
/** Stands for minus infinity; finite, so that a page without visible keys needs no special case (it is forgotten by e^-huge). */
const masked = -1e30

const roundUp = (value: number): number => Math.ceil(value / 16) * 16
export const keyPageBytes = (kvHeads: number, headDim: number): number => kvHeads * headDim * pageTokens * 4
export const valuePageBytes = (kvHeads: number, headDim: number): number => kvHeads * roundUp(headDim) * pageTokens * 4
/** Scores [4][64], scaled queries [4][headDim], outputs [4][width]. */
export const attentionScratchBytes = (headDim: number): number => 4 * (pageTokens + 2 * roundUp(headDim)) * 4 + 64

/** Writes the keys and values of the new tokens into their pages. */
export function emitStoreKeysValues(module: ModuleBuilder): FunctionBuilder {
  return module.function('store_keys_values', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const locals = commonLocals(f, step)
    const { headDim, width, kvHeads } = locals
    const dim = f.local('i32')
    emitChunks(f, step, i32.mul(field.dynamic(step, attentionFields.tokens), kvHeads), 4, (item) => {
      const token = f.local('i32', i32.divU(item, kvHeads))
      const head = f.local('i32', i32.remU(item, kvHeads))
      const position = f.local('i32', i32.load(at(field.address(step, attentionFields.positions), token, 4)))
      const slot = f.local('i32', i32.and(position, i32.const(pageTokens - 1)))
      const page = f.local('i32', pageOf(step, sequenceOf(step, token), i32.shrU(position, i32.const(6))))
      const key = f.local('ptr', at(field.address(step, attentionFields.key), i32.mul(item, headDim), 4))
      const value = f.local('ptr', at(field.address(step, attentionFields.value), i32.mul(item, headDim), 4))
      const inPanel = i32.add(
        i32.mul(i32.mul(i32.shrU(slot, i32.const(4)), headDim), i32.const(panel)),
        i32.and(slot, i32.const(panel - 1)),
      )
      const keyTo = f.local('ptr', at(keysOf(locals, page, head), inPanel, 4))
      const valueTo = f.local('ptr', at(valuesOf(locals, page, head), i32.mul(slot, width), 4))
      f.for(dim, i32.const(0), headDim, 1, () => {
        f.do(f32.store(at(keyTo, dim, panel * 4), f32.load(at(key, dim, 4))))
      })
      f.copy(valueTo, value, ptr.mul(ptr.from(headDim), ptr.const(4)))
    })
  })
}

export function emitAttention(module: ModuleBuilder): FunctionBuilder {
  return module.function('attention', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const thread = f.parameter(1, 'i32')
    const locals = commonLocals(f, step)
    const tokens = f.local('i32', field.dynamic(step, attentionFields.tokens))
    const heads = f.local('i32', field.integer(step, attentionFields.heads))
    const group = f.local('i32', i32.divU(heads, locals.kvHeads))
    const rows = f.local('i32', i32.mul(tokens, group))
    // A lone token is shared out head by head, many tokens four rows at a time.
    const perItem = f.local('i32', i32.select(i32.leS(tokens, i32.const(1)), i32.const(1), i32.const(4)))
    const tiles = f.local('i32', i32.divU(i32.add(rows, i32.sub(perItem, i32.const(1))), perItem))
    const scratch = f.local(
      'ptr',
      ptr.add(
        field.address(step, attentionFields.scratch),
        ptr.from(i32.mul(thread, field.integer(step, attentionFields.scratchStride))),
      ),
    )
    const row = f.local('i32')
    const rowEnd = f.local('i32')
    const kvHead = f.local('i32')
    const shared = { ...locals, group, heads, scratch, row, kvHead }
    const sequenceOfRow = (index: I32) => sequenceOf(step, i32.divU(index, group))
    emitChunks(f, step, i32.mul(tiles, locals.kvHeads), 1, (item) => {
      f.set(kvHead, i32.remU(item, locals.kvHeads))
      f.set(row, i32.mul(i32.divU(item, locals.kvHeads), perItem))
      f.set(rowEnd, i32.min(i32.add(row, perItem), rows))
      const whole = i32.eq(i32.sub(rowEnd, row), i32.const(4))
      const oneSequence = i32.eq(sequenceOfRow(row), sequenceOfRow(i32.sub(rowEnd, i32.const(1))))
      f.if(
        i32.and(whole, oneSequence),
        () => emitTile(f, shared, 4),
        () => {
          f.while(i32.ltS(row, rowEnd), () => {
            emitTile(f, shared, 1)
            f.set(row, i32.add(row, i32.const(1)))
          })
        },
      )
    })
  })
}

type Common = ReturnType<typeof commonLocals>

function commonLocals(f: FunctionBuilder, step: Ptr) {
  const kvHeads = f.local('i32', field.integer(step, attentionFields.kvHeads))
  const headDim = f.local('i32', field.integer(step, attentionFields.headDim))
  const width = f.local('i32', i32.and(i32.add(headDim, i32.const(15)), i32.const(-16)))
  return { step, kvHeads, headDim, width }
}

const sequenceOf = (step: Ptr, token: I32): I32 =>
  i32.load(at(field.address(step, attentionFields.sequences), token, 4))

const pageOf = (step: Ptr, sequence: I32, index: I32): I32 =>
  i32.load(
    at(
      field.address(step, attentionFields.pageTable),
      i32.add(i32.mul(sequence, field.integer(step, attentionFields.tablePages)), index),
      4,
    ),
  )

const keysOf = ({ step, kvHeads, headDim }: Common, page: I32, head: I32): Ptr =>
  ptr.add(
    field.address(step, attentionFields.keyPages),
    ptr.mul(ptr.from(i32.add(i32.mul(page, kvHeads), head)), ptr.mul(ptr.from(headDim), ptr.const(pageTokens * 4))),
  )

const valuesOf = ({ step, kvHeads, width }: Common, page: I32, head: I32): Ptr =>
  ptr.add(
    field.address(step, attentionFields.valuePages),
    ptr.mul(ptr.from(i32.add(i32.mul(page, kvHeads), head)), ptr.mul(ptr.from(width), ptr.const(pageTokens * 4))),
  )

interface TileContext extends Common {
  readonly group: Local<'i32'>
  readonly heads: Local<'i32'>
  readonly scratch: Local<'ptr'>
  readonly row: Local<'i32'>
  readonly kvHead: Local<'i32'>
}

function emitTile(f: FunctionBuilder, context: TileContext, count: 1 | 4): void {
  const { step, headDim, width, group, heads, scratch, row, kvHead } = context
  const indices = Array.from({ length: count }, (_, i) => i)
  const widthBytes = f.local('ptr', ptr.mul(ptr.from(width), ptr.const(4)))
  const scores = indices.map((i) => f.local('ptr', ptr.add(scratch, ptr.const(i * pageTokens * 4))))
  const queries = indices.map((i) =>
    f.local('ptr', ptr.add(ptr.add(scratch, ptr.const(4 * pageTokens * 4)), ptr.mul(widthBytes, ptr.const(i)))),
  )
  const outputs = indices.map((i) =>
    f.local('ptr', ptr.add(ptr.add(scratch, ptr.const(4 * pageTokens * 4)), ptr.mul(widthBytes, ptr.const(4 + i)))),
  )
  const positions: Local<'i32'>[] = []
  const places: Local<'ptr'>[] = []
  const peaks = indices.map(() => f.local('f32', f32.const(masked)))
  const sums = indices.map(() => f.local('f32', f32.const(0)))
  const dim = f.local('i32')
  const scale = f.local('f32', field.float(step, attentionFields.scale))
  const window = f.local('i32', field.integer(step, attentionFields.window))
  const softcap = f.local('v128', v128.load32Splat(step, attentionFields.softcap))
  const capped = f.local('i32', f32.gt(field.float(step, attentionFields.softcap), f32.const(0)))

  for (const i of indices) {
    const index = f.local('i32', i32.add(row, i32.const(i)))
    const token = f.local('i32', i32.divU(index, group))
    const head = i32.add(i32.mul(kvHead, group), i32.remU(index, group))
    const first = f.local('i32', i32.mul(i32.add(i32.mul(token, heads), head), headDim))
    positions.push(f.local('i32', i32.load(at(field.address(step, attentionFields.positions), token, 4))))
    places.push(f.local('ptr', at(field.address(step, attentionFields.output), first, 4)))
    const query = f.local('ptr', at(field.address(step, attentionFields.query), first, 4))
    f.for(dim, i32.const(0), headDim, 1, () => {
      f.do(f32.store(at(queries[i] as Ptr, dim, 4), f32.mul(f32.load(at(query, dim, 4)), scale)))
    })
    f.fill(outputs[i] as Ptr, i32.const(0), widthBytes)
  }
  const firstPosition = positions[0] as Local<'i32'>
  const lastPosition = positions[count - 1] as Local<'i32'>
  const sequence = f.local('i32', sequenceOf(step, i32.divU(row, group)))
  const lowest = f.local('i32', i32.add(i32.sub(firstPosition, window), i32.const(1)))
  f.if(i32.ltS(lowest, i32.const(0)), () => f.set(lowest, i32.const(0)))
  const pageIndex = f.local('i32')
  const end = f.local('i32', i32.add(i32.shrU(lastPosition, i32.const(6)), i32.const(1)))

  f.for(pageIndex, i32.shrU(lowest, i32.const(6)), end, 1, () => {
    const page = f.local('i32', pageOf(step, sequence, pageIndex))
    const start = f.local('i32', i32.mul(pageIndex, i32.const(pageTokens)))
    const present = f.local('i32', i32.min(i32.const(pageTokens), i32.add(i32.sub(lastPosition, start), i32.const(1))))
    const keys = f.local('ptr', keysOf(context, page, kvHead))
    const values = f.local('ptr', valuesOf(context, page, kvHead))
    const padded = f.local('i32', i32.and(i32.add(present, i32.const(panel - 1)), i32.const(-panel)))
    emitScores(f, headDim, padded, keys, queries, scores)
    const factors = indices.map((i) => {
      const lanes = { start, padded, position: positions[i] as I32, window, capped, softcap }
      return emitSoftmaxPart(f, scores[i] as Ptr, lanes, peaks[i] as Local<'f32'>, sums[i] as Local<'f32'>)
    })
    emitWeightedValues(f, width, present, values, scores, outputs, factors)
  })

  for (const i of indices) {
    const factor = f.local('f32', f32.div(f32.const(1), sums[i] as Local<'f32'>))
    f.for(dim, i32.const(0), headDim, 1, () => {
      f.do(f32.store(at(places[i] as Ptr, dim, 4), f32.mul(f32.load(at(outputs[i] as Ptr, dim, 4)), factor)))
    })
  }
}

/** scores[i][position] = queries[i] . key of position, 16 positions at a time. */
function emitScores(
  f: FunctionBuilder,
  headDim: I32,
  padded: I32,
  keys: Local<'ptr'>,
  queries: readonly Ptr[],
  scores: readonly Ptr[],
): void {
  const position = f.local('i32')
  const dim = f.local('i32')
  const key = f.local('ptr')
  const offset = f.local('ptr')
  const lanes = [0, 1, 2, 3]
  const vectors = lanes.map(() => f.local('v128'))
  const sums = queries.map(() => lanes.map(() => f.local('v128')))
  f.set(key, keys)
  f.for(position, i32.const(0), padded, panel, () => {
    for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
    f.for(dim, i32.const(0), headDim, 1, () => {
      vectors.forEach((vector, lane) => f.set(vector, v128.load(key, lane * 16)))
      f.set(offset, ptr.mul(ptr.from(dim), ptr.const(4)))
      sums.forEach((row, i) => {
        const query = f.local('v128', v128.load32Splat(ptr.add(queries[i] as Ptr, offset)))
        row.forEach((sum, lane) => f.set(sum, f32x4.madd(vectors[lane] as V128, query, sum)))
      })
      f.set(key, ptr.add(key, ptr.const(panel * 4)))
    })
    f.set(offset, ptr.mul(ptr.from(position), ptr.const(4)))
    sums.forEach((row, i) => {
      const target = f.local('ptr', ptr.add(scores[i] as Ptr, offset))
      row.forEach((sum, lane) => f.do(v128.store(target, sum, lane * 16)))
    })
  })
}

/** Bends, masks and exponentiates one row of scores in place; returns the factor by which earlier sums shrink. */
function emitSoftmaxPart(
  f: FunctionBuilder,
  scores: Ptr,
  lanes: {
    readonly start: I32
    readonly padded: I32
    readonly position: I32
    readonly window: I32
    readonly capped: I32
    readonly softcap: V128
  },
  peak: Local<'f32'>,
  sum: Local<'f32'>,
): Local<'f32'> {
  const column = f.local('i32')
  const value = f.local('v128')
  const index = f.local('v128')
  const last = f.local('v128', i32x4.splat(lanes.position))
  const before = f.local('v128', i32x4.splat(i32.sub(lanes.position, lanes.window)))
  const peaks = f.local('v128', f32x4.splat(peak))
  const counter = f.local('v128', i32x4.add(i32x4.splat(lanes.start), laneNumbers))
  f.set(index, counter)
  f.for(column, i32.const(0), lanes.padded, 4, () => {
    f.set(value, v128.load(at(scores, column, 4)))
    f.if(lanes.capped, () => f.set(value, f32x4.mul(tanh(f, f32x4.div(value, lanes.softcap)), lanes.softcap)))
    const hidden = v128.or(i32x4.gtS(index, last), i32x4.ltS(index, i32x4.add(before, i32x4.splatConst(1))))
    f.set(value, v128.bitselect(f32x4.splatConst(masked), value, hidden))
    f.do(v128.store(at(scores, column, 4), value))
    f.set(peaks, f32x4.max(peaks, value))
    f.set(index, i32x4.add(index, i32x4.splatConst(4)))
  })
  const highest = f.local('f32', horizontalMax(f, peaks))
  const highests = f.local('v128', f32x4.splat(highest))
  const totals = f.local('v128', f32x4.splatConst(0))
  f.for(column, i32.const(0), lanes.padded, 4, () => {
    // exp clamps its argument, so what is masked is set to zero by comparison.
    f.set(value, v128.load(at(scores, column, 4)))
    const visible = f.local('v128', f32x4.gt(value, f32x4.splatConst(masked / 2)))
    f.set(value, v128.and(exp(f, f32x4.sub(value, highests)), visible))
    f.do(v128.store(at(scores, column, 4), value))
    f.set(totals, f32x4.add(totals, value))
  })
  const shrink = f.local(
    'f32',
    f32.select(
      f32.gt(peak, f32.const(masked / 2)),
      f32x4.extractLane(exp(f, f32x4.splat(f32.sub(peak, highest))), 0),
      f32.const(0),
    ),
  )
  f.set(peak, highest)
  f.set(sum, f32.add(f32.mul(sum, shrink), horizontalAdd(f, totals)))
  return shrink
}

const laneNumbers: V128 = {
  type: 'v128',
  emit: ({ out }) => {
    out.byte(0xfd)
    out.unsigned(0x0c)
    out.bytes(new Uint8Array(Int32Array.of(0, 1, 2, 3).buffer))
  },
}

/** outputs[i] = outputs[i] * factor[i] + sum over positions of weights[i][position] * value of position. */
function emitWeightedValues(
  f: FunctionBuilder,
  width: I32,
  present: I32,
  values: Local<'ptr'>,
  weights: readonly Ptr[],
  outputs: readonly Ptr[],
  factors: readonly Local<'f32'>[],
): void {
  const column = f.local('i32')
  const position = f.local('i32')
  const value = f.local('ptr')
  const offset = f.local('ptr')
  const strideBytes = f.local('ptr', ptr.mul(ptr.from(width), ptr.const(4)))
  const lanes = [0, 1, 2, 3]
  const vectors = lanes.map(() => f.local('v128'))
  const sums = outputs.map(() => lanes.map(() => f.local('v128')))
  f.for(column, i32.const(0), width, 16, () => {
    f.set(offset, ptr.mul(ptr.from(column), ptr.const(4)))
    sums.forEach((row, i) => {
      const factor = f.local('v128', f32x4.splat(factors[i] as Local<'f32'>))
      const target = f.local('ptr', ptr.add(outputs[i] as Ptr, offset))
      row.forEach((sum, lane) => f.set(sum, f32x4.mul(v128.load(target, lane * 16), factor)))
    })
    f.set(value, ptr.add(values, offset))
    f.for(position, i32.const(0), present, 1, () => {
      vectors.forEach((vector, lane) => f.set(vector, v128.load(value, lane * 16)))
      f.set(offset, ptr.mul(ptr.from(position), ptr.const(4)))
      sums.forEach((row, i) => {
        const weight = f.local('v128', v128.load32Splat(ptr.add(weights[i] as Ptr, offset)))
        row.forEach((sum, lane) => f.set(sum, f32x4.madd(vectors[lane] as V128, weight, sum)))
      })
      f.set(value, ptr.add(value, strideBytes))
    })
    f.set(offset, ptr.mul(ptr.from(column), ptr.const(4)))
    sums.forEach((row, i) => {
      const target = f.local('ptr', ptr.add(outputs[i] as Ptr, offset))
      row.forEach((sum, lane) => f.do(v128.store(target, sum, lane * 16)))
    })
  })
}
