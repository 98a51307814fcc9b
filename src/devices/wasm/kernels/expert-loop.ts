/**
 * How matmuls walk over the experts of a mixture: as over a dense weight (`matmul-loop.ts`), with the segments of `expert-groups.ts` in
 * place of blocks of tokens. Each thread has the same share of every expert's panels, so it does not matter how uneven the choices are,
 * and experts that nobody chose are not read.
 */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { panelRows, panelSumBytes } from '../panel.ts'
import { field, stepFields } from '../step-layout.ts'
import { groupEntry, groupEntryAt } from './expert-groups.ts'
import { ceilDivide, manyTokens, ownScratch, rowBytes, takesTile } from './matmul-loop.ts'
import type { PanelWalk, Tile, TileSums } from './matmul-loop.ts'
import { emitPart, emitStretches } from './work.ts'

export const expertMatmulFields = stepFields(
  'activations', // encoded for the kernel's path: a row for each token, or for each slot
  'weights', // panels, expert after expert
  'output', // f32 [slots][N]
  'bias', // f32 [E][N], for kernels that add it
  'groups', // table of expert-groups.ts
  'rowAt', // which word of an entry is the row of the activations: groupEntry.token or groupEntry.slot
  'n',
  'k',
  'panelsPerChunk',
  'scratch', // of all threads: sums of the last panel when N is not a multiple of 16, then an unpacked panel
  'scratchBytes', // of each thread
)

/** The walk over the chosen experts; with `addsBias`, the expert's bias is added. */
export const expertPanels =
  (addsBias: boolean): PanelWalk =>
  (f, { activationBytesPer32, panelBytesOf, tileTokens, sumTile, unpacked }) => {
    const step = f.parameter(0, 'ptr')
    const k = f.local('i32', field.integer(step, expertMatmulFields.k))
    const n = f.local('i32', field.integer(step, expertMatmulFields.n))
    const group = f.local('i32', field.integer(step, expertMatmulFields.panelsPerChunk))
    const table = f.local('ptr', field.address(step, expertMatmulFields.groups))
    const segments = f.local('i32', i32.load(table))
    const panels = f.local('i32', ceilDivide(n, i32.const(panelRows)))
    const groups = f.local('i32', ceilDivide(panels, group))
    const strideBytes = f.local('ptr', rowBytes(k, activationBytesPer32))
    const panelStride = f.local('ptr', ptr.from(panelBytesOf(k)))

    const segment = f.local('ptr')
    const expert = f.local('i32')
    const panel = f.local('i32')
    const panelEnd = f.local('i32')
    const weights = f.local('ptr')
    const row = f.local('i32')
    const entry = f.local('ptr')
    const entryEnd = f.local('ptr')
    const left = f.local('i32')
    const scratch = f.local('ptr', ownScratch(f, expertMatmulFields))
    const walk: ExpertTileWalk = { f, step, n, row, expert, entry, strideBytes, scratch, addsBias }
    const unpackedAt = f.local('ptr', ptr.add(scratch, ptr.const(panelSumBytes)))
    const emitTile = (tokens: number, panelAt: Ptr, sum: (tile: Tile) => TileSums) => {
      const { activations, tokenOffset } = findRows(walk, tokens)
      storeSums(walk, sum({ tokens, weights: panelAt, activations, tokenOffset, k }))
      f.set(entry, ptr.add(entry, ptr.const(tokens * groupEntry.bytes)))
      f.set(left, i32.sub(left, i32.const(tokens)))
    }

    const stretchOf = (owner: I32, threads: I32) => {
      const own = emitPart(f, groups, owner, threads)
      return { firstGroup: own.first, groups: own.count, count: f.local('i32', i32.mul(own.count, segments)) }
    }
    emitStretches(f, step, stretchOf, (own, chunk) => {
      f.set(panel, i32.mul(i32.add(own.firstGroup, i32.remU(chunk, own.groups)), group))
      f.set(panelEnd, i32.min(i32.add(panel, group), panels))
      f.set(segment, groupEntryAt(table, i32.divU(chunk, own.groups)))
      f.set(expert, i32.load(segment, groupEntry.expert))
      const placeOf = (offset: number) => groupEntryAt(table, i32.load(segment, offset))
      f.set(entryEnd, placeOf(groupEntry.bytes + groupEntry.first))
      f.if(
        i32.ltS(expert, i32.const(0)),
        () => {
          f.set(row, i32.mul(panel, i32.const(panelRows)))
          f.set(panelEnd, i32.min(i32.mul(panelEnd, i32.const(panelRows)), n))
          const zeroBytes = f.local('ptr', at(ptr.const(0), i32.sub(panelEnd, row), 4))
          f.set(entry, placeOf(groupEntry.first))
          f.while(ptr.ltU(entry, entryEnd), () => {
            f.fill(outputAt(walk, 0), i32.const(0), zeroBytes)
            f.set(entry, ptr.add(entry, ptr.const(groupEntry.bytes)))
          })
        },
        () => {
          const firstPanel = i32.add(i32.mul(expert, panels), panel)
          f.set(weights, field.address(step, expertMatmulFields.weights))
          f.set(weights, ptr.add(weights, ptr.mul(ptr.from(firstPanel), panelStride)))
          f.while(i32.ltS(panel, panelEnd), () => {
            f.set(row, i32.mul(panel, i32.const(panelRows)))
            f.set(entry, placeOf(groupEntry.first))
            const leftBytes = i32.sub(i32.fromPtr(entryEnd), i32.fromPtr(entry))
            f.set(left, i32.divU(leftBytes, i32.const(groupEntry.bytes)))
            if (unpacked !== undefined) {
              f.if(i32.leS(i32.const(manyTokens), left), () => {
                unpacked.unpack(weights, k, unpackedAt)
                for (const tokens of unpacked.tileTokens) {
                  f.while(takesTile(tokens, left, unpacked.tileTokens), () =>
                    emitTile(tokens, unpackedAt, unpacked.sumTile),
                  )
                }
              })
            }
            for (const tokens of tileTokens) {
              f.while(takesTile(tokens, left, tileTokens), () => emitTile(tokens, weights, sumTile))
            }
            f.set(weights, ptr.add(weights, panelStride))
            f.set(panel, i32.add(panel, i32.const(1)))
          })
        },
      )
    })
  }

interface ExpertTileWalk {
  readonly f: FunctionBuilder
  readonly step: Ptr
  readonly n: I32
  readonly row: I32
  readonly expert: I32
  /** Entry of the tile's first slot. */
  readonly entry: Local<'ptr'>
  readonly strideBytes: Ptr
  readonly scratch: Ptr
  readonly addsBias: boolean
}

/** Rows of a segment rise from slot to slot, so all distances from the first one are positive. */
function findRows({ f, step, entry, strideBytes }: ExpertTileWalk, tokens: number) {
  const rowAt = f.local('ptr', ptr.from(field.integer(step, expertMatmulFields.rowAt)))
  const rowOf = (index: number) => i32.load(ptr.add(entry, rowAt), index * groupEntry.bytes)
  const first = f.local('i32', rowOf(0))
  const base = field.address(step, expertMatmulFields.activations)
  const activations = f.local('ptr', ptr.add(base, ptr.mul(ptr.from(first), strideBytes)))
  const offsets = Array.from({ length: tokens - 1 }, (_, index) =>
    f.local('ptr', ptr.mul(ptr.from(i32.sub(rowOf(index + 1), first)), strideBytes)),
  )
  return { activations, tokenOffset: (index: number): Ptr => (index === 0 ? ptr.const(0) : offsets[index - 1]) }
}

/** Where row `row` of the output of the tile's slot `index` lies. */
function outputAt({ step, n, row, entry }: ExpertTileWalk, index: number): Ptr {
  const slot = i32.load(entry, index * groupEntry.bytes + groupEntry.slot)
  // Outputs may pass 4 GiB in no sensible run, but their count of values times 4 could pass 32 bits before that.
  const start = ptr.mul(ptr.from(slot), ptr.mul(ptr.from(n), ptr.const(4)))
  return ptr.add(field.address(step, expertMatmulFields.output), at(start, row, 4))
}

/** Each slot's sums go to its own row of the output; the last panel may be narrower than 16 rows. */
function storeSums(walk: ExpertTileWalk, sums: TileSums): void {
  const { f, step, n, row, expert, scratch, addsBias } = walk
  const bias = f.local('ptr')
  if (addsBias) f.set(bias, at(field.address(step, expertMatmulFields.bias), i32.add(i32.mul(expert, n), row), 4))
  const output = f.local('ptr')
  f.if(
    i32.leS(i32.add(row, i32.const(panelRows)), n),
    () => {
      sums.forEach((vectors, index) => {
        // All loads before the first store, or V8 does not see that the four stores are one.
        const values = vectors.map((vector, lane) =>
          addsBias ? f.local('v128', f32x4.add(vector, v128.load(bias, lane * 16))) : vector,
        )
        f.set(output, outputAt(walk, index))
        values.forEach((value, lane) => f.do(v128.store(output, value, lane * 16)))
      })
    },
    () => {
      const column = f.local('i32')
      sums.forEach((vectors, index) => {
        vectors.forEach((vector, lane) => f.do(v128.store(scratch, vector, lane * 16)))
        f.set(output, outputAt(walk, index))
        f.for(column, i32.const(0), i32.sub(n, row), 1, () => {
          const value = f32.load(at(scratch, column, 4))
          f.do(f32.store(at(output, column, 4), addsBias ? f32.add(value, f32.load(at(bias, column, 4))) : value))
        })
      })
    },
  )
}
