/**
 * The gated delta rule in chunks (Yang et al. 2024, arXiv:2412.06464, section 3.3): token t writes along its key what the state does not
 * know yet of its value, u_t = rate_t (v_t - (decay_t state)^T k_t), and reads with its query.
 *
 * With the state as chunk-state.ts has it this is u_t = rate_t (v_t - w_0 S^T k_t - sum_{j<t} w_j (k_j k_t) u_j): a triangular system
 * for the u of a chunk, solved forwards a tile of tokens at a time.
 */
import { at, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
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
import { deltaScoreRow } from './gated-delta-scores.ts'
import { stateFieldNames } from './recurrence.ts'

export const gatedDeltaFields = stepFields(
  ...stateFieldNames, 'keys', 'q', 'qStride', 'k', 'kStride', 'v', 'vStride', 'scores', 'output', 'scratch',
) // prettier-ignore

/** Of a token's scores, those of its key and those of its query. */
const lists = { key: 0, query: 1 } as const

export const deltaScratchBytes = (chunkTokens: number): number => chunkScratchBytes(chunkTokens, 2)

/** q, k [T, G N]; v, output [T, H P]; scores as gated-delta-scores.ts gives them. */
export function emitGatedDelta(module: ModuleBuilder, shape: ChunkShape): FunctionBuilder {
  const { heads, headDim, groups, sharing, stateSize, chunkTokens } = shape
  const name = `gated_delta_${stateSize}_${headDim}_${heads}_${groups}_${sharing}_${chunkTokens}`
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const address = (name: 'q' | 'k' | 'v' | 'scores' | 'output' | 'scratch') =>
      f.local('ptr', field.address(step, gatedDeltaFields[name]))
    const rowsOf = (name: 'q' | 'k' | 'v'): RowsOf => ({
      base: address(name),
      stride: f.local('ptr', ptr.from(field.integer(step, gatedDeltaFields[`${name}Stride`]))),
    })
    const places = deltaScoreRow(shape)
    const rows: Rows = {
      q: rowsOf('q'),
      k: rowsOf('k'),
      v: rowsOf('v'),
      output: { base: address('output'), stride: f.local('ptr', ptr.const(4 * heads * headDim)) },
    }
    const walk: ChunkWalk = {
      shape,
      tokens: readTokens(f, step, gatedDeltaFields),
      places,
      scores: { base: address('scores'), stride: f.local('ptr', ptr.const(places.bytes)) },
      keys: rows.k,
      keptKeys: ptr.from(field.integer(step, gatedDeltaFields.keys)),
      scratch: f.local('ptr', at(address('scratch'), f.parameter(1, 'i32'), deltaScratchBytes(chunkTokens))),
    }
    emitSegments(f, step, walk, (segment) => {
      emitTiles(f, segment, (tile, size) => emitTile(f, tile, walk, rows, size))
    })
  })
}

type Rows = Readonly<Record<'q' | 'k' | 'v' | 'output', RowsOf>>

/** Inputs and outputs of `size` tokens from `token`, which is at `index` of its chunk. */
function emitTile(f: FunctionBuilder, segment: Segment, walk: ChunkWalk, rows: Rows, size: number): void {
  const { block, token, index, group, channel } = segment
  const { shape } = walk
  const own = times(size, (row) => f.local('i32', i32.add(token, i32.const(row))))
  const carried = emitCoefficients(f, segment, walk, size)
  const ofGroup = (asking: RowsOf): Ptr[] => own.map((token) => at(rowAt(asking, token), group, 4 * shape.stateSize))
  const products = (asked: readonly Ptr[]): Local<'v128'>[][] => {
    const sums = emitStateProducts(f, block, asked, shape.stateSize)
    return sums.map((sum, row) =>
      sum.map((part) => f.local('v128', f32x4.mul(part, carried[row % size] as Local<'v128'>))),
    )
  }
  // A token alone needs so few registers that its state is read but once.
  const both = size === 1 ? products([...ofGroup(rows.k), ...ofGroup(rows.q)]) : undefined

  const known = both?.slice(0, 1) ?? products(ofGroup(rows.k))
  const j = f.local('i32')
  const inputs = inputWalk(f, segment, walk, known, lists.key)
  f.for(j, i32.const(0), index, 1, () => inputs.add(0))
  known.forEach((sum, row) => {
    const value = f.local('ptr', at(rowAt(rows.v, own[row]), channel, 4))
    const rate = f.local(
      'v128',
      v128.load32Splat(at(rowAt(walk.scores, own[row]), segment.head, 4), deltaScoreRow(shape).rates),
    )
    // All loads before the first store, or V8 packs nothing.
    const changes = sum.map((part, lane) =>
      f.local('v128', f32x4.mul(rate, f32x4.sub(v128.load(value, 16 * lane), part))),
    )
    changes.forEach((change, lane) => f.do(v128.store(inputs.place, change, 16 * lane)))
    if (row + 1 < size) inputs.add(row + 1)
  })

  const read = both?.slice(1) ?? products(ofGroup(rows.q))
  const written = inputWalk(f, segment, walk, read, lists.query)
  f.for(j, i32.const(0), i32.add(index, i32.const(1)), 1, () => written.add(0))
  for (let from = 1; from < size; from++) written.add(from)
  read.forEach((sum, row) => {
    storeChannels(f, segment, shape, f.local('ptr', at(rowAt(rows.output, own[row]), channel, 4)), sum)
  })
}
