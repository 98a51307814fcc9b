/** The state-space dual of Mamba-2 in chunks (Dao and Gu 2024, section 6): token t writes u_t = dt x along B and reads with C. */
import { at, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { panelWidth } from '../channel-panels.ts'
import { panelLayout } from '../chunk-state.ts'
import type { ChunkShape } from '../chunk-state.ts'
import { field, stepFields } from '../step-layout.ts'
import { readTokens } from './chunk-keys.ts'
import {
  chunkScratchBytes,
  emitCoefficients,
  emitSegments,
  emitStateProducts,
  emitTiles,
  inputWalk,
  rowAt,
  storeChannels,
  times,
} from './chunk-segments.ts'
import type { ChunkWalk, RowsOf, Segment } from './chunk-segments.ts'
import { stateFieldNames } from './recurrence.ts'
import { scoreRow } from './ssd-scores.ts'

export const ssdFields = stepFields(
  ...stateFieldNames, 'keys', 'x', 'xStride', 'B', 'bStride', 'C', 'cStride', 'D', 'scores', 'output', 'scratch',
) // prettier-ignore

export const ssdScratchBytes = (chunkTokens: number): number => chunkScratchBytes(chunkTokens, 1)

/** x, output [T, H P]; B, C [T, G N]; D [H]; scores as ssd-scores.ts gives them. */
export function emitSsd(module: ModuleBuilder, shape: ChunkShape): FunctionBuilder {
  const { heads, headDim, groups, stateSize, chunkTokens } = shape
  const name = `ssd_${stateSize}_${headDim}_${heads}_${groups}_${chunkTokens}`
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const address = (name: 'x' | 'B' | 'C' | 'scores' | 'output' | 'D' | 'scratch') =>
      f.local('ptr', field.address(step, ssdFields[name]))
    const stride = (name: 'xStride' | 'bStride' | 'cStride') =>
      f.local('ptr', ptr.from(field.integer(step, ssdFields[name])))
    const places = scoreRow(shape)
    const rows: Rows = {
      x: { base: address('x'), stride: stride('xStride') },
      C: { base: address('C'), stride: stride('cStride') },
      output: { base: address('output'), stride: f.local('ptr', ptr.const(4 * heads * headDim)) },
    }
    const walk: ChunkWalk = {
      shape,
      tokens: readTokens(f, step, ssdFields),
      places,
      scores: { base: address('scores'), stride: f.local('ptr', ptr.const(places.bytes)) },
      keys: { base: address('B'), stride: stride('bStride') },
      keptKeys: ptr.from(field.integer(step, ssdFields.keys)),
      scratch: f.local('ptr', at(address('scratch'), f.parameter(1, 'i32'), ssdScratchBytes(chunkTokens))),
    }
    const D = address('D')
    emitSegments(f, step, walk, (segment) => {
      const skip = f.local('v128', v128.load32Splat(at(D, segment.head, 4)))
      emitInputs(f, segment, walk, rows)
      emitTiles(f, segment, (tile, size) => emitTile(f, tile, walk, { rows, skip, size }))
    })
  })
}

type Rows = Readonly<Record<'x' | 'C' | 'output', RowsOf>>

/** Keeps dt x of the segment's tokens. */
function emitInputs(
  f: FunctionBuilder,
  { block, token, count, index, head, channel }: Segment,
  { shape, scores }: ChunkWalk,
  rows: Rows,
): void {
  const { steps } = scoreRow(shape)
  const place = f.local('ptr', at(block, index, 4 * panelWidth))
  const own = f.local('i32')
  f.for(own, token, i32.add(token, count), 1, () => {
    const x = f.local('ptr', at(rowAt(rows.x, own), channel, 4))
    const dt = f.local('v128', v128.load32Splat(at(rowAt(scores, own), head, 4), steps))
    const inputs = times(panelWidth / 4, (lane) => f.local('v128', f32x4.mul(dt, v128.load(x, 16 * lane))))
    inputs.forEach((input, lane) => f.do(v128.store(place, input, panelLayout(shape).inputs + 16 * lane)))
    f.set(place, ptr.add(place, ptr.const(4 * panelWidth)))
  })
}

/** Outputs of `size` tokens from `token`, which is at `index` of its chunk. */
function emitTile(
  f: FunctionBuilder,
  segment: Segment,
  walk: ChunkWalk,
  { rows, skip, size }: { readonly rows: Rows; readonly skip: Local<'v128'>; readonly size: number },
): void {
  const { block, token, index, group, channel } = segment
  const { shape } = walk
  const own = times(size, (row) => f.local('i32', i32.add(token, i32.const(row))))
  const carried = emitCoefficients(f, segment, walk, size)
  const queries = own.map((token) => at(rowAt(rows.C, token), group, 4 * shape.stateSize))
  const sums = emitStateProducts(f, block, queries, shape.stateSize)
  sums.forEach((sum, row) => sum.forEach((part) => f.set(part, f32x4.mul(part, carried[row]))))
  const inputs = inputWalk(f, segment, walk, sums, 0)
  const j = f.local('i32')
  f.for(j, i32.const(0), i32.add(index, i32.const(1)), 1, () => inputs.add(0))
  for (let from = 1; from < size; from++) inputs.add(from)
  sums.forEach((sum, row) => {
    const x = f.local('ptr', at(rowAt(rows.x, own[row]), channel, 4))
    const output = f.local('ptr', at(rowAt(rows.output, own[row]), channel, 4))
    const results = sum.map((part, lane) => f.local('v128', f32x4.madd(skip, v128.load(x, 16 * lane), part)))
    storeChannels(f, segment, shape, output, results)
  })
}
