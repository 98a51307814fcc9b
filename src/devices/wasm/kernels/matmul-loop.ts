/**
 * How matmuls walk over a dense weight: threads take chunks of (group of panels, block of tokens), and inside a chunk walk
 * panels, then tiles of several tokens, then single tokens. Every output is computed by one thread in one order, so results do not depend
 * on the number of threads nor on how many tokens run together. `expert-loop.ts` is the walk over the experts of a mixture.
 */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { panelRows, panelSumBytes } from '../panel.ts'
import { field, stepFields } from '../step-layout.ts'
import type { StepFields } from '../step-layout.ts'
import { emitPart, emitStretches } from './work.ts'

export const matmulFields = stepFields(
  'activations', // encoded for the kernel's path, [T][K / 32] blocks or [T][K] f32
  'weights', // panels
  'output', // f32 [T][N]
  'bias', // f32 [N], for kernels that add it
  'addend', // f32 [T][N], for kernels that add it, after the bias
  'tokens', // address of T
  'n',
  'k',
  'panelsPerChunk',
  'tokensPerChunk',
  'scratch', // of all threads: sums of the last panel when N is not a multiple of 16, then an unpacked panel
  'scratchBytes', // of each thread
)

/** What a kernel adds to its sums while it stores them. */
export interface StoreAdditions {
  readonly bias: boolean
  readonly addend: boolean
}

/** Sizes of a format's tiles, the largest first; the last is 1. */
export type TileTokens = readonly number[]

/** 16 rows of a weight times some tokens: what the arithmetic of a panel format needs to know. */
export interface Tile {
  readonly tokens: number
  /** Start of the panel and of the first token's activations. */
  readonly weights: Ptr
  readonly activations: Ptr
  /** Byte distance of the activations of token `index` of the tile from the first one. */
  readonly tokenOffset: (index: number) => Ptr
  readonly k: I32
}

/** Sums of a tile: [tokens][4 vectors of 4 rows]. */
export type TileSums = readonly (readonly V128[])[]

/** What a walk needs to know of a panel format. */
export interface PanelArithmetic {
  readonly activationBytesPer32: number
  readonly panelBytesOf: (k: I32) => I32
  readonly tileTokens: TileTokens
  readonly sumTile: (tile: Tile) => TileSums
  /** A second form of a panel, which gives the same sums. */
  readonly unpacked?: UnpackedPanels
}

/** A form of panels that is faster to read but has to be made: worth it when many tokens follow. */
export interface UnpackedPanels {
  /** Sizes of its tiles, the largest first; what is left is summed from the panel as it lies. */
  readonly tileTokens: TileTokens
  readonly unpack: (weights: Ptr, k: I32, to: Ptr) => void
  /** As `PanelArithmetic.sumTile`, with the unpacked panel as the tile's weights. */
  readonly sumTile: (tile: Tile) => TileSums
}

/** Unpacking a panel takes about as long as two tokens. */
export const manyTokens = 16

/** Goes through all tiles of a step and stores their sums. */
export type PanelWalk = (f: FunctionBuilder, arithmetic: PanelArithmetic) => void

/**
 * Tiles of most formats: 16 accumulators of four lanes, packed in pairs, leave registers for decoding codes. Two tokens share the
 * decoding where few run at once: conversations side by side, tokens that a grammar forces.
 */
export const largestTile = 4
export const usualTiles: TileTokens = [largestTile, 2, 1]

/** Whether a tile of `size` is the next of `left` tokens: what is left after it should fill another tile, as far as there is one. */
export function takesTile(size: number, left: I32, tileTokens: TileTokens): I32 {
  const fits = i32.leS(i32.const(size), left)
  const next = tileTokens[tileTokens.indexOf(size) + 1] ?? 1
  if (size === 1 || 2 * next <= size) return fits
  // Two smaller tiles rather than one large and single tokens.
  const twoNext = i32.and(i32.leS(i32.const(2 * next), left), i32.ltS(left, i32.const(size + next)))
  return i32.and(fits, i32.eqz(twoNext))
}

interface DenseTile extends Tile {
  readonly row: I32
  readonly token: I32
  readonly step: Ptr
  readonly n: I32
  readonly scratch: Ptr
}

/** The walk over one weight for all tokens. */
export const densePanels =
  (additions: StoreAdditions): PanelWalk =>
  (f, arithmetic) =>
    emitPanelLoop(f, arithmetic, (tile, sums) => storeTile(f, tile, sums, additions))

function emitPanelLoop(
  f: FunctionBuilder,
  { activationBytesPer32, panelBytesOf, tileTokens, sumTile, unpacked }: PanelArithmetic,
  storeSums: (tile: DenseTile, sums: TileSums) => void,
): void {
  const step = f.parameter(0, 'ptr')
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
  const mostTokens = Math.max(...tileTokens, ...(unpacked?.tileTokens ?? []))
  const offsets = Array.from({ length: mostTokens - 1 }, (_, index) =>
    f.local('ptr', ptr.mul(strideBytes, ptr.const(index + 1))),
  )
  const tokenOffset = (index: number): Ptr => (index === 0 ? ptr.const(0) : (offsets[index - 1] as Ptr))

  const panel = f.local('i32')
  const panelEnd = f.local('i32')
  const token = f.local('i32')
  const tokenStart = f.local('i32')
  const tokenEnd = f.local('i32')
  const weights = f.local('ptr')
  const activations = f.local('ptr')
  const row = f.local('i32')
  const scratch = f.local('ptr', ownScratch(f, matmulFields))
  const unpackedAt = f.local('ptr', ptr.add(scratch, ptr.const(panelSumBytes)))
  const base = { weights, activations, tokenOffset, k, row, token, step, n, scratch }
  const left = i32.sub(tokenEnd, token)
  const emitTile = (tile: DenseTile, sum: (tile: Tile) => TileSums) => {
    storeSums(tile, sum(tile))
    f.set(activations, ptr.add(activations, ptr.mul(strideBytes, ptr.const(tile.tokens))))
    f.set(token, i32.add(token, i32.const(tile.tokens)))
  }

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
      if (unpacked !== undefined) {
        f.if(i32.leS(i32.const(manyTokens), left), () => {
          unpacked.unpack(weights, k, unpackedAt)
          for (const size of unpacked.tileTokens) {
            f.while(takesTile(size, left, unpacked.tileTokens), () =>
              emitTile({ ...base, weights: unpackedAt, tokens: size }, unpacked.sumTile),
            )
          }
        })
      }
      for (const size of tileTokens) {
        f.while(takesTile(size, left, tileTokens), () => emitTile({ ...base, tokens: size }, sumTile))
      }
      f.set(weights, ptr.add(weights, panelStride))
      f.set(panel, i32.add(panel, i32.const(1)))
    })
  })
}

/** The calling thread's part of the scratch. All matmuls share it with the same parts, so that none has to wait for the one before it. */
export function ownScratch(f: FunctionBuilder, fields: StepFields<'scratch' | 'scratchBytes'>): Ptr {
  const step = f.parameter(0, 'ptr')
  const before = i32.mul(f.parameter(1, 'i32'), field.integer(step, fields.scratchBytes))
  return ptr.add(field.address(step, fields.scratch), ptr.from(before))
}

export const ceilDivide = (a: I32, b: I32): I32 => i32.divU(i32.add(a, i32.sub(b, i32.const(1))), b)

/** Bytes of the activations of one token. Only f32 rows need not be whole blocks of 32. */
export const rowBytes = (k: I32, activationBytesPer32: number): Ptr =>
  activationBytesPer32 === 128
    ? ptr.from(i32.mul(k, i32.const(4)))
    : ptr.from(i32.mul(i32.shrU(k, i32.const(5)), i32.const(activationBytesPer32)))

/** Writes the sums to the output; the last panel may be narrower than 16 rows. */
function storeTile(f: FunctionBuilder, tile: DenseTile, sums: TileSums, additions: StoreAdditions): void {
  const { step, token, row, n, scratch } = tile
  const first = f.local('i32', i32.add(i32.mul(token, n), row))
  const outputStride = f.local('ptr', ptr.mul(ptr.from(n), ptr.const(4)))
  const output = f.local('ptr', at(field.address(step, matmulFields.output), first, 4))
  const addend = f.local('ptr')
  if (additions.addend) f.set(addend, at(field.address(step, matmulFields.addend), first, 4))
  const bias = f.local('ptr')
  if (additions.bias) f.set(bias, at(field.address(step, matmulFields.bias), row, 4))
  const nextToken = () => {
    f.set(output, ptr.add(output, outputStride))
    if (additions.addend) f.set(addend, ptr.add(addend, outputStride))
  }
  const added = (vector: V128, lane: number): V128 => {
    const biased = additions.bias ? f32x4.add(vector, v128.load(bias, lane * 16)) : vector
    return additions.addend ? f32x4.add(biased, v128.load(addend, lane * 16)) : biased
  }
  const addedOne = (value: F32, column: I32): F32 => {
    const biased = additions.bias ? f32.add(value, f32.load(at(bias, column, 4))) : value
    return additions.addend ? f32.add(biased, f32.load(at(addend, column, 4))) : biased
  }
  f.if(
    i32.leS(i32.add(row, i32.const(panelRows)), n),
    () => {
      sums.forEach((vectors, index) => {
        // All loads before the first store, or V8 does not see that the four stores are one.
        const values = vectors.map((vector, lane) => f.local('v128', added(vector, lane)))
        values.forEach((value, lane) => f.do(v128.store(output, value, lane * 16)))
        if (index + 1 < sums.length) nextToken()
      })
    },
    () => {
      const column = f.local('i32')
      for (const vectors of sums) {
        vectors.forEach((vector, lane) => f.do(v128.store(scratch, vector, lane * 16)))
        f.for(column, i32.const(0), i32.sub(n, row), 1, () => {
          f.do(f32.store(at(output, column, 4), addedOne(f32.load(at(scratch, column, 4)), column)))
        })
        nextToken()
      }
    },
  )
}

/** One accumulator for each token of a tile and each four of its 16 rows. */
export function tileSums(f: FunctionBuilder, tokens: number): readonly (readonly Local<'v128'>[])[] {
  return Array.from({ length: tokens }, () => Array.from({ length: 4 }, () => f.local('v128')))
}
