/** The record of an attention step, its working memory, and where tokens, rows and pages lie. */
import { at, i32, ptr } from '../asm/expression.ts'
import type { I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder } from '../asm/module.ts'
import { fewTokens } from '../control.ts'
import { field, stepFields } from '../step-layout.ts'
import { pagePositions } from './cache-codec.ts'
import type { CacheCodec } from './cache-codec.ts'
import { f16Cache, f32Cache } from './cache-float.ts'
import { byteCache, twelveBitCache } from './cache-integer.ts'

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
  'poolPages', // pages of every head, whoever uses them
  'keyPages',
  'valuePages',
  'heads',
  'kvHeads',
  'headDim',
  'scale',
  'window', // 2^30: none
  'softcap', // 0: none
  'scratch',
  'scratchStride', // bytes per thread
  'partials', // sums of chunks, [fewTokens * heads][chunks]
  'counters', // i32 per tile, zero between runs
  'mostChunks',
  'bias', // f32 [heads][2 * reach + 1], of kernels with a bias only
  'reach',
  'queryPositions', // where queries stand, which `positions` does not say where they see what comes after them
)

export type CacheType = 'f32' | 'f16' | 'q12' | 'q8'

export const cacheCodecs: Readonly<Record<CacheType, CacheCodec>> = {
  f32: f32Cache,
  f16: f16Cache,
  q12: twelveBitCache,
  q8: byteCache,
}

export const pagesPerChunk = 8
/** Rows of a tile, at most. */
export const tileRows = 4

/** Where a thread keeps what, for each row of a tile. */
function scratchLayout(codec: CacheCodec, headDim: number) {
  const line = (bytes: number) => Math.ceil(bytes / 64) * 64
  const query = line(codec.queryBytes(headDim))
  const sums = sumsBytes(codec, headDim)
  const scores = line(pagesPerChunk * pagePositions * 4)
  const working = line(codec.weightBytes)
  return { query, sums, scores, working, bytes: tileRows * (query + 2 * sums + scores + working) }
}

export const attentionScratchBytes = (type: CacheType, headDim: number): number =>
  scratchLayout(cacheCodecs[type], headDim).bytes

/** The sums of one row and chunk; see running-softmax.ts. */
const sumsBytes = (codec: CacheCodec, headDim: number): number => (16 + codec.valueDims(headDim)) * 4

export const chunksOf = (pages: number): number => Math.ceil(pages / pagesPerChunk)

export const partialsBytes = (type: CacheType, heads: number, headDim: number, pages: number): number =>
  fewTokens * heads * chunksOf(pages) * sumsBytes(cacheCodecs[type], headDim)

// --- places -----------------------------------------------------------------------------------------------------------

export type TileContext = ReturnType<typeof tileContext>

export function tileContext(f: FunctionBuilder, codec: CacheCodec, headDim: number, biased: boolean) {
  const step = f.parameter(0, 'ptr')
  const thread = f.parameter(1, 'i32')
  const layout = scratchLayout(codec, headDim)
  const scratch = f.local(
    'ptr',
    ptr.add(
      field.address(step, attentionFields.scratch),
      ptr.from(i32.mul(thread, field.integer(step, attentionFields.scratchStride))),
    ),
  )
  let next = 0
  const places = (bytes: number) => {
    const start = next
    next += tileRows * bytes
    return Array.from({ length: tileRows }, (_, i) => f.local('ptr', ptr.add(scratch, ptr.const(start + i * bytes))))
  }
  const kvHeads = f.local('i32', field.integer(step, attentionFields.kvHeads))
  const heads = f.local('i32', field.integer(step, attentionFields.heads))
  return {
    codec,
    dims: headDim,
    biased,
    step,
    kvHeads,
    heads,
    group: f.local('i32', i32.divU(heads, kvHeads)),
    valueDims: codec.valueDims(headDim),
    scores: places(layout.scores),
    queries: places(layout.query),
    parts: places(layout.sums),
    totals: places(layout.sums),
    working: places(layout.working),
    /** The tile's first row, and how many it has. */
    row: f.local('i32'),
    count: f.local('i32'),
    kvHead: f.local('i32'),
    few: f.local('i32'),
    /** The chunk that a thread took where few tokens run. */
    chunk: f.local('i32'),
  }
}

export const positionOf = (step: Ptr, token: I32): I32 =>
  i32.load(at(field.address(step, attentionFields.positions), token, 4))
export const sequenceOf = (step: Ptr, token: I32): I32 =>
  i32.load(at(field.address(step, attentionFields.sequences), token, 4))
export const sequenceOfRow = ({ step, group }: TileContext, row: I32): I32 => sequenceOf(step, i32.divU(row, group))

export const pageOf = (step: Ptr, sequence: I32, index: I32): I32 =>
  i32.load(
    at(
      field.address(step, attentionFields.pageTable),
      i32.add(i32.mul(sequence, field.integer(step, attentionFields.tablePages)), index),
      4,
    ),
  )

/** Pages of one head lie side by side: reading a whole sequence is then few long streams, which the hardware prefetches. */
export const placeOfPage = (step: Ptr, head: I32, page: I32): I32 =>
  i32.add(i32.mul(head, field.integer(step, attentionFields.poolPages)), page)

/** Index of a row among [T][heads]. */
export const placeOfRow = ({ kvHead, group, heads }: TileContext, row: I32): I32 =>
  i32.add(i32.mul(i32.divU(row, group), heads), i32.add(i32.mul(kvHead, group), i32.remU(row, group)))

export function partialOf(context: TileContext, row: I32, chunk: I32): Ptr {
  const { step } = context
  const index = i32.add(i32.mul(placeOfRow(context, row), field.integer(step, attentionFields.mostChunks)), chunk)
  return at(field.address(step, attentionFields.partials), index, sumsBytes(context.codec, context.dims))
}
