/**
 * How matmuls walk over a dense weight: threads take chunks of (group of panels, block of tokens), and inside a chunk walk
 * panels, then tiles of 4 tokens, then single tokens. Every output is computed by one thread in one order, so results do not depend
 * on the number of threads nor on how many tokens run together. `expert-loop.ts` is the walk over the experts of a mixture.
 */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { panelRows } from '../panel.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitPart, emitStretches } from './work.ts'

export const matmulFields = stepFields(
  'activations', // encoded for the kernel's path, [T][K / 32] blocks or [T][K] f32
  'weights', // panels
  'output', // f32 [T][N]
  'addend', // f32 [T][N], for kernels that add
  'tokens', // address of T
  'n',
  'k',
  'panelsPerChunk',
  'tokensPerChunk',
  'scratch', // 256 bytes per thread, for the last panel when N is not a multiple of 16
)

/** 16 rows of a weight times 1 or 4 tokens: what the arithmetic of a panel format needs to know. */
export interface Tile {
  readonly tokens: 1 | 4
  /** Start of the panel and of the first token's activations. */
  readonly weights: Ptr
  readonly activations: Ptr
  /** Byte distance of the activations of token `index` of the tile from the first one. */
  readonly tokenOffset: (index: number) => Ptr
  readonly k: I32
}

/** Sums of a tile: [tokens][4 vectors of 4 rows]. */
export type TileSums = readonly (readonly V128[])[]

/** Goes through all tiles of a step and stores their sums. The bytes of 32 activations and of a panel are the format's. */
export type PanelWalk = (
  f: FunctionBuilder,
  activationBytesPer32: number,
  panelBytesOf: (k: I32) => I32,
  sumTile: (tile: Tile) => TileSums,
) => void

interface DenseTile extends Tile {
  readonly row: I32
  readonly token: I32
  readonly step: Ptr
  readonly n: I32
  readonly thread: I32
}

/** The walk over one weight for all tokens; with `addsTo`, the sums are added to another tensor. */
export const densePanels =
  (addsTo: boolean): PanelWalk =>
  (f, activationBytesPer32, panelBytesOf, sumTile) =>
    emitPanelLoop(f, activationBytesPer32, panelBytesOf, (tile) => storeTile(f, tile, sumTile(tile), addsTo))

function emitPanelLoop(
  f: FunctionBuilder,
  activationBytesPer32: number,
  panelBytesOf: (k: I32) => I32,
  emitTile: (tile: DenseTile) => void,
): void {
  const step = f.parameter(0, 'ptr')
  const thread = f.parameter(1, 'i32')
  const k = f.local('i32', field.integer(step, matmulFields.k))
  const n = f.local('i32', field.integer(step, matmulFields.n))
  const tokens = f.local('i32', field.dynamic(step, matmulFields.tokens))
  const group = f.local('i32', field.integer(step, matmulFields.panelsPerChunk))
  const tokenBlock = f.local('i32', field.integer(step, matmulFields.tokensPerChunk))
  const panels = f.local('i32', i32.shrU(i32.add(n, i32.const(panelRows - 1)), i32.const(4)))
  const groups = f.local('i32', ceilDivide(panels, group))
  const tokenBlocks = f.local('i32', ceilDivide(tokens, tokenBlock))
  const strideBytes = f.local('ptr', rowBytes(k, activationBytesPer32))
  const panelStride = f.local('ptr', ptr.from(panelBytesOf(k)))
  const offsets = [
    strideBytes,
    f.local('ptr', ptr.mul(strideBytes, ptr.const(2))),
    f.local('ptr', ptr.mul(strideBytes, ptr.const(3))),
  ]
  const tokenOffset = (index: number): Ptr => (index === 0 ? ptr.const(0) : (offsets[index - 1] as Ptr))

  const panel = f.local('i32')
  const panelEnd = f.local('i32')
  const token = f.local('i32')
  const tokenStart = f.local('i32')
  const tokenEnd = f.local('i32')
  const weights = f.local('ptr')
  const activations = f.local('ptr')
  const row = f.local('i32')
  const base = { weights, activations, tokenOffset, k, row, token, step, n, thread }

  // A thread's own panels stay the same for all blocks of tokens.
  const stretchOf = (owner: I32, threads: I32) => {
    const own = emitPart(f, groups, owner, threads)
    return { firstGroup: own.first, groups: own.count, count: f.local('i32', i32.mul(own.count, tokenBlocks)) }
  }
  emitStretches(f, step, stretchOf, (own, chunk) => {
    f.set(panel, i32.mul(i32.add(own.firstGroup, i32.remU(chunk, own.groups)), group))
    f.set(panelEnd, i32.min(i32.add(panel, group), panels))
    f.set(tokenStart, i32.mul(i32.divU(chunk, own.groups), tokenBlock))
    f.set(tokenEnd, i32.min(i32.add(tokenStart, tokenBlock), tokens))
    f.set(weights, ptr.add(field.address(step, matmulFields.weights), ptr.mul(ptr.from(panel), panelStride)))
    f.while(i32.ltS(panel, panelEnd), () => {
      f.set(row, i32.mul(panel, i32.const(panelRows)))
      f.set(token, tokenStart)
      f.set(
        activations,
        ptr.add(field.address(step, matmulFields.activations), ptr.mul(ptr.from(tokenStart), strideBytes)),
      )
      f.while(i32.leS(i32.add(token, i32.const(4)), tokenEnd), () => {
        emitTile({ ...base, tokens: 4 })
        f.set(activations, ptr.add(activations, ptr.mul(strideBytes, ptr.const(4))))
        f.set(token, i32.add(token, i32.const(4)))
      })
      f.while(i32.ltS(token, tokenEnd), () => {
        emitTile({ ...base, tokens: 1 })
        f.set(activations, ptr.add(activations, strideBytes))
        f.set(token, i32.add(token, i32.const(1)))
      })
      f.set(weights, ptr.add(weights, panelStride))
      f.set(panel, i32.add(panel, i32.const(1)))
    })
  })
}

export const ceilDivide = (a: I32, b: I32): I32 => i32.divU(i32.add(a, i32.sub(b, i32.const(1))), b)

/** Bytes of the activations of one token. Only f32 rows need not be whole blocks of 32. */
export const rowBytes = (k: I32, activationBytesPer32: number): Ptr =>
  activationBytesPer32 === 128
    ? ptr.from(i32.mul(k, i32.const(4)))
    : ptr.from(i32.mul(i32.shrU(k, i32.const(5)), i32.const(activationBytesPer32)))

/** Writes the sums to the output; the last panel may be narrower than 16 rows. */
function storeTile(f: FunctionBuilder, tile: DenseTile, sums: TileSums, addsTo: boolean): void {
  const { step, token, row, n } = tile
  const first = f.local('i32', i32.add(i32.mul(token, n), row))
  const outputStride = f.local('ptr', ptr.mul(ptr.from(n), ptr.const(4)))
  const output = f.local('ptr', at(field.address(step, matmulFields.output), first, 4))
  const addend = f.local('ptr')
  if (addsTo) f.set(addend, at(field.address(step, matmulFields.addend), first, 4))
  f.if(
    i32.leS(i32.add(row, i32.const(panelRows)), n),
    () => {
      sums.forEach((vectors, index) => {
        // All loads before the first store, or V8 does not see that the four stores are one.
        const values = vectors.map((vector, lane) =>
          addsTo ? f.local('v128', f32x4.add(vector, v128.load(addend, lane * 16))) : vector,
        )
        values.forEach((value, lane) => f.do(v128.store(output, value, lane * 16)))
        if (index + 1 < sums.length) {
          f.set(output, ptr.add(output, outputStride))
          if (addsTo) f.set(addend, ptr.add(addend, outputStride))
        }
      })
    },
    () => {
      const scratch = f.local('ptr', at(field.address(step, matmulFields.scratch), tile.thread, 256))
      const column = f.local('i32')
      for (const vectors of sums) {
        vectors.forEach((vector, lane) => {
          f.do(v128.store(scratch, vector, lane * 16))
        })
        f.for(column, i32.const(0), i32.sub(n, row), 1, () => {
          const value = f32.load(at(scratch, column, 4))
          f.do(f32.store(at(output, column, 4), addsTo ? f32.add(value, f32.load(at(addend, column, 4))) : value))
        })
        f.set(output, ptr.add(output, outputStride))
        if (addsTo) f.set(addend, ptr.add(addend, outputStride))
      }
    },
  )
}

/** One accumulator for each token of a tile and each four of its 16 rows. */
export function tileSums(f: FunctionBuilder, tokens: number): readonly (readonly Local<'v128'>[])[] {
  return Array.from({ length: tokens }, () => Array.from({ length: 4 }, () => f.local('v128')))
}
