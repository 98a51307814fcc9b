/**
 * Attention over pages of 64 positions, blocked over keys with a running softmax (Milakov and Gimelshein 2018; Dao et al. 2022).
 *
 * A tile is up to four (token, head) pairs that share a key head; both products are then matmul tiles of 4 queries x 16. Chunks of 8 pages
 * are summed apart and merged in order: with many tokens a thread does all chunks of a tile, with few tokens threads take chunks and the
 * last one to finish a tile merges them. Per query the order of operations depends on its position only, never on threads or neighbours.
 */
import { at, f32, i32, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { fewTokens } from '../control.ts'
import { field, stepFields } from '../step-layout.ts'
import { byteCache } from './cache-byte.ts'
import { pagePositions, panelPositions, roundUp16 } from './cache-codec.ts'
import type { CacheCodec } from './cache-codec.ts'
import { f16Cache, f32Cache } from './cache-float.ts'
import { emitAddBias, emitMerge, emitSoftmaxPart, masked } from './running-softmax.ts'
import type { BiasPart } from './running-softmax.ts'
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
  'partials', // sums of chunks, [fewTokens * heads][chunks], partialBytes each
  'counters', // i32 per tile, zero between runs
  'mostChunks',
  'bias', // f32 [heads][2 * reach + 1], of kernels with a bias only
  'reach',
  'queryPositions', // where queries stand, which `positions` does not say where they see what comes after them
)

export type CacheType = 'f32' | 'f16' | 'q8'

export const cacheCodecs: Readonly<Record<CacheType, CacheCodec>> = { f32: f32Cache, f16: f16Cache, q8: byteCache }

const pagesPerChunk = 8
const tileRows = 4

/** Where a thread keeps what, per tile of four rows. */
function scratchLayout(codec: CacheCodec, headDim: number) {
  const line = (bytes: number) => Math.ceil(bytes / 64) * 64
  const query = line(codec.queryBytes(headDim))
  const output = line(roundUp16(headDim) * 4)
  const scores = line(pagePositions * 4)
  const working = line(codec.weightBytes)
  return { query, output, scores, working, bytes: tileRows * (query + 2 * output + scores + working) }
}

export const attentionScratchBytes = (type: CacheType, headDim: number): number =>
  scratchLayout(cacheCodecs[type], headDim).bytes

/** Peak, sum and outputs of one row and chunk. */
const partialBytes = (headDim: number): number => (16 + roundUp16(headDim)) * 4

export const chunksOf = (pages: number): number => Math.ceil(pages / pagesPerChunk)

export const partialsBytes = (heads: number, headDim: number, pages: number): number =>
  fewTokens * heads * chunksOf(pages) * partialBytes(headDim)

/** Writes the keys and values of the new tokens into their pages. */
export function emitStoreKeysValues(module: ModuleBuilder, type: CacheType, headDim: number): FunctionBuilder {
  const codec = cacheCodecs[type]
  return module.function(`store_${type}_${headDim}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const kvHeads = f.local('i32', field.integer(step, attentionFields.kvHeads))
    const width = i32.const(headDim)
    emitChunks(f, step, i32.mul(field.dynamic(step, attentionFields.tokens), kvHeads), 4, (item) => {
      const token = f.local('i32', i32.divU(item, kvHeads))
      const head = f.local('i32', i32.remU(item, kvHeads))
      const position = f.local('i32', i32.load(at(field.address(step, attentionFields.positions), token, 4)))
      const slot = f.local('i32', i32.and(position, i32.const(pagePositions - 1)))
      const page = f.local('i32', pageOf(step, sequenceOf(step, token), i32.shrU(position, i32.const(6))))
      const place = f.local('i32', placeOfPage(step, head, page))
      const key = f.local('ptr', at(field.address(step, attentionFields.key), item, headDim * 4))
      const value = f.local('ptr', at(field.address(step, attentionFields.value), item, headDim * 4))
      const keyTo = f.local('ptr', at(field.address(step, attentionFields.keyPages), place, codec.keyBytes(headDim)))
      const valueTo = f.local(
        'ptr',
        at(field.address(step, attentionFields.valuePages), place, codec.valueBytes(headDim)),
      )
      codec.emitStoreKey(f, key, keyTo, slot, width)
      codec.emitStoreValue(f, value, valueTo, slot, width)
    })
  })
}

/** `biased`: adds a score by distance, a kernel of its own so that those without pay nothing. */
export function emitAttention(
  module: ModuleBuilder,
  type: CacheType,
  headDim: number,
  biased: boolean,
): FunctionBuilder {
  const name = `attention_${type}_${headDim}${biased ? '_biased' : ''}`
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const context = tileContext(f, cacheCodecs[type], headDim, biased)
    const { step, kvHeads, group, row, kvHead, few } = context
    const tokens = f.local('i32', field.dynamic(step, attentionFields.tokens))
    f.set(few, i32.leS(tokens, i32.const(fewTokens)))
    const rows = f.local('i32', i32.mul(tokens, group))
    const tiles = f.local('i32', i32.divU(i32.add(rows, i32.const(tileRows - 1)), i32.const(tileRows)))
    const rowEnd = f.local('i32')
    const count = f.local('i32')
    const tile = f.local('i32')
    const furthest = f.local('i32', positionOf(step, i32.const(0)))
    const second = f.local('i32', i32.select(i32.ltS(i32.const(1), tokens), positionOf(step, i32.const(1)), furthest))
    f.set(furthest, i32.select(i32.ltS(furthest, second), second, furthest))
    const chunkShift = i32.const(Math.log2(pagePositions * pagesPerChunk))
    const chunks = f.local('i32', i32.select(few, i32.add(i32.shrU(furthest, chunkShift), i32.const(1)), i32.const(1)))
    const tilesOfAll = f.local('i32', i32.mul(tiles, kvHeads))
    emitChunks(f, step, i32.mul(tilesOfAll, chunks), 1, (item) => {
      f.set(tile, i32.divU(item, chunks))
      f.set(kvHead, i32.remU(tile, kvHeads))
      f.set(row, i32.mul(i32.divU(tile, kvHeads), i32.const(tileRows)))
      f.set(rowEnd, i32.min(i32.add(row, i32.const(tileRows)), rows))
      f.set(context.firstChunk, i32.remU(item, chunks))
      f.while(i32.ltS(row, rowEnd), () => {
        // Rows of one sequence go together; a tile that spans two is done in parts.
        f.set(count, i32.const(1))
        f.while(
          i32.select(
            i32.ltS(i32.add(row, count), rowEnd),
            i32.eq(
              sequenceOfRow(context, row),
              sequenceOfRow(context, i32.min(i32.add(row, count), i32.sub(rowEnd, i32.const(1)))),
            ),
            i32.const(0),
          ),
          () => f.set(count, i32.add(count, i32.const(1))),
        )
        for (let size = 1; size <= tileRows; size++) {
          f.if(i32.eq(count, i32.const(size)), () => emitTile(f, context, size))
        }
        f.set(row, i32.add(row, count))
      })
      f.if(few, () => {
        const counter = f.local('ptr', at(field.address(step, attentionFields.counters), tile, 4))
        f.if(i32.eq(i32.add(i32.atomicAdd(counter, i32.const(1)), i32.const(1)), chunks), () => {
          f.do(i32.atomicStore(counter, i32.const(0)))
          f.set(row, i32.mul(i32.divU(tile, kvHeads), i32.const(tileRows)))
          f.while(i32.ltS(row, rowEnd), () => {
            emitMergeRow(f, context, chunks)
            f.set(row, i32.add(row, i32.const(1)))
          })
        })
      })
    })
  })
}

// --- places -----------------------------------------------------------------------------------------------------------

type TileContext = ReturnType<typeof tileContext>

function tileContext(f: FunctionBuilder, codec: CacheCodec, headDim: number, biased: boolean) {
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
    headDim: i32.const(headDim),
    width: i32.const(roundUp16(headDim)),
    scores: places(layout.scores),
    queries: places(layout.query),
    outputs: places(layout.output),
    totals: places(layout.output),
    working: places(layout.working),
    row: f.local('i32'),
    kvHead: f.local('i32'),
    few: f.local('i32'),
    firstChunk: f.local('i32'),
  }
}

const positionOf = (step: Ptr, token: I32): I32 =>
  i32.load(at(field.address(step, attentionFields.positions), token, 4))
const sequenceOf = (step: Ptr, token: I32): I32 =>
  i32.load(at(field.address(step, attentionFields.sequences), token, 4))
const sequenceOfRow = ({ step, group }: TileContext, row: I32): I32 => sequenceOf(step, i32.divU(row, group))

const pageOf = (step: Ptr, sequence: I32, index: I32): I32 =>
  i32.load(
    at(
      field.address(step, attentionFields.pageTable),
      i32.add(i32.mul(sequence, field.integer(step, attentionFields.tablePages)), index),
      4,
    ),
  )

/** Pages of one head lie side by side: reading a whole sequence is then few long streams, which the hardware prefetches. */
const placeOfPage = (step: Ptr, head: I32, page: I32): I32 =>
  i32.add(i32.mul(head, field.integer(step, attentionFields.poolPages)), page)

/** Index of a row among [T][heads]. */
const placeOfRow = ({ kvHead, group, heads }: TileContext, row: I32): I32 =>
  i32.add(i32.mul(i32.divU(row, group), heads), i32.add(i32.mul(kvHead, group), i32.remU(row, group)))

function partialOf(context: TileContext, row: I32, chunk: I32): Ptr {
  const { step } = context
  const index = i32.add(i32.mul(placeOfRow(context, row), field.integer(step, attentionFields.mostChunks)), chunk)
  return at(field.address(step, attentionFields.partials), index, partialBytes(context.dims))
}

/** Where the scores by distance of a row's head lie, and the column of position 0. */
function biasOfRow(
  f: FunctionBuilder,
  { step, kvHead, group }: TileContext,
  row: I32,
): Omit<BiasPart, 'start' | 'padded'> {
  const reach = f.local('i32', field.integer(step, attentionFields.reach))
  const last = f.local('i32', i32.shl(reach, i32.const(1)))
  const head = i32.add(i32.mul(kvHead, group), i32.remU(row, group))
  const first = i32.mul(head, i32.add(last, i32.const(1)))
  const token = i32.divU(row, group)
  const position = i32.load(at(field.address(step, attentionFields.queryPositions), token, 4))
  return {
    table: f.local('ptr', at(field.address(step, attentionFields.bias), first, 4)),
    last,
    origin: f.local('i32', i32.sub(reach, position)),
  }
}

// --- one tile ---------------------------------------------------------------------------------------------------------

function emitTile(f: FunctionBuilder, context: TileContext, count: number): void {
  const { codec, dims, step, row, kvHead, headDim, width, few } = context
  const indices = Array.from({ length: count }, (_, i) => i)
  const [scores, queries, outputs, totals, working] = [
    context.scores,
    context.queries,
    context.outputs,
    context.totals,
    context.working,
  ].map((places) => places.slice(0, count)) as [
    Local<'ptr'>[],
    Local<'ptr'>[],
    Local<'ptr'>[],
    Local<'ptr'>[],
    Local<'ptr'>[],
  ]
  const zeros = () => indices.map(() => f.local('f32'))
  const [peaks, sums, totalPeaks, totalSums] = [zeros(), zeros(), zeros(), zeros()]
  const window = f.local('i32', field.integer(step, attentionFields.window))
  const softcap = f.local('v128', v128.load32Splat(step, attentionFields.softcap))
  const capped = f.local('i32', f32.gt(field.float(step, attentionFields.softcap), f32.const(0)))
  const widthBytes = ptr.const(roundUp16(dims) * 4)

  const positions = indices.map((i) => {
    const index = f.local('i32', i32.add(row, i32.const(i)))
    const query = f.local('ptr', at(field.address(step, attentionFields.query), placeOfRow(context, index), dims * 4))
    codec.emitQuery(f, query, field.float(step, attentionFields.scale), queries[i], headDim)
    f.fill(totals[i], i32.const(0), widthBytes)
    f.set(totalPeaks[i], f32.const(masked))
    f.set(totalSums[i], f32.const(0))
    return f.local('i32', positionOf(step, i32.divU(index, context.group)))
  })
  const biases = context.biased ? indices.map((i) => biasOfRow(f, context, i32.add(row, i32.const(i)))) : []
  const first = positions[0]
  const last = positions[count - 1]
  const sequence = f.local('i32', sequenceOfRow(context, row))
  const lowest = f.local('i32', i32.add(i32.sub(first, window), i32.const(1)))
  f.if(i32.ltS(lowest, i32.const(0)), () => f.set(lowest, i32.const(0)))
  const firstPage = f.local('i32', i32.shrU(lowest, i32.const(6)))
  const endPage = f.local('i32', i32.add(i32.shrU(last, i32.const(6)), i32.const(1)))
  const perChunk = i32.const(pagesPerChunk)
  const chunk = f.local('i32', i32.select(few, context.firstChunk, i32.divU(firstPage, perChunk)))
  const allChunks = i32.divU(i32.add(endPage, i32.const(pagesPerChunk - 1)), perChunk)
  const chunkEnd = f.local('i32', i32.select(few, i32.add(chunk, i32.const(1)), allChunks))
  const page = f.local('i32')
  const pageEnd = f.local('i32')
  const maximum = (a: I32, b: I32) => i32.select(i32.ltS(a, b), b, a)

  f.while(i32.ltS(chunk, chunkEnd), () => {
    for (const i of indices) {
      f.fill(outputs[i], i32.const(0), widthBytes)
      f.set(peaks[i], f32.const(masked))
      f.set(sums[i], f32.const(0))
    }
    f.set(page, maximum(firstPage, i32.mul(chunk, perChunk)))
    f.set(pageEnd, i32.min(endPage, i32.mul(i32.add(chunk, i32.const(1)), perChunk)))
    f.while(i32.ltS(page, pageEnd), () => {
      const start = f.local('i32', i32.mul(page, i32.const(pagePositions)))
      const present = f.local('i32', i32.min(i32.const(pagePositions), i32.add(i32.sub(last, start), i32.const(1))))
      const padded = f.local(
        'i32',
        i32.and(i32.add(present, i32.const(panelPositions - 1)), i32.const(-panelPositions)),
      )
      const place = f.local('i32', placeOfPage(step, kvHead, pageOf(step, sequence, page)))
      const keys = f.local('ptr', at(field.address(step, attentionFields.keyPages), place, codec.keyBytes(dims)))
      const values = f.local('ptr', at(field.address(step, attentionFields.valuePages), place, codec.valueBytes(dims)))
      codec.emitScores(f, { keys, queries, scores, headDim, padded })
      biases.forEach((bias, i) => emitAddBias(f, scores[i], { ...bias, start, padded }))
      const factors = indices.map((i) => {
        const part = { start, padded, position: positions[i], window, capped, softcap, factor: codec.weightFactor }
        return emitSoftmaxPart(f, scores[i], part, peaks[i], sums[i])
      })
      codec.emitValues(f, { values, weights: scores, working, outputs, factors, width, present })
      f.set(page, i32.add(page, i32.const(1)))
    })
    for (const i of indices) {
      const index = i32.add(row, i32.const(i))
      f.if(
        few,
        () => {
          const partial = f.local('ptr', partialOf(context, index, chunk))
          f.do(f32.store(partial, peaks[i]))
          f.do(f32.store(partial, sums[i], 4))
          f.copy(ptr.add(partial, ptr.const(64)), outputs[i], widthBytes)
        },
        () =>
          emitMerge(
            f,
            roundUp16(dims),
            { outputs: totals[i], peak: totalPeaks[i], sum: totalSums[i] },
            { outputs: outputs[i], peak: peaks[i], sum: sums[i] },
          ),
      )
    }
    f.set(chunk, i32.add(chunk, i32.const(1)))
  })
  f.if(i32.eqz(few), () => {
    for (const i of indices) writeOutput(f, context, i32.add(row, i32.const(i)), totals[i], totalSums[i])
  })
}

/** Merges the chunks of one row in order and writes its output. */
function emitMergeRow(f: FunctionBuilder, context: TileContext, chunks: I32): void {
  const { row, totals, dims } = context
  const total = { outputs: totals[0], peak: f.local('f32', f32.const(masked)), sum: f.local('f32', f32.const(0)) }
  const chunk = f.local('i32')
  f.fill(total.outputs, i32.const(0), ptr.const(roundUp16(dims) * 4))
  f.for(chunk, i32.const(0), chunks, 1, () => {
    const partial = f.local('ptr', partialOf(context, row, chunk))
    const part = {
      outputs: f.local('ptr', ptr.add(partial, ptr.const(64))),
      peak: f.local('f32', f32.load(partial)),
      sum: f.local('f32', f32.load(partial, 4)),
    }
    f.if(f32.gt(part.peak, f32.const(masked / 2)), () => emitMerge(f, roundUp16(dims), total, part))
  })
  writeOutput(f, context, row, total.outputs, total.sum)
}

function writeOutput(f: FunctionBuilder, context: TileContext, row: I32, totals: Ptr, sum: F32): void {
  const output = f.local(
    'ptr',
    at(field.address(context.step, attentionFields.output), placeOfRow(context, row), context.dims * 4),
  )
  const factor = f.local('f32', f32.div(f32.const(1), sum))
  const dim = f.local('i32')
  f.for(dim, i32.const(0), context.headDim, 1, () => {
    f.do(f32.store(at(output, dim, 4), f32.mul(f32.load(at(totals, dim, 4)), factor)))
  })
}
