/** Up to four rows that share a key head and a sequence: the scores of a chunk, their softmax, and the weighted values. */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { field } from '../step-layout.ts'
import {
  attentionFields,
  pageOf,
  pagesPerChunk,
  partialOf,
  placeOfPage,
  placeOfRow,
  positionOf,
  sequenceOfRow,
  tileRows,
} from './attention.ts'
import type { TileContext } from './attention.ts'
import { pagePositions, panelPositions } from './cache-codec.ts'
import { emitAddBias, emitMerge, emitSoftmax, masked, softmaxSums } from './running-softmax.ts'
import type { BiasPart } from './running-softmax.ts'

const rowIndices = Array.from({ length: tileRows }, (_, i) => i)

/** Sums the rows of a tile: all of it, or, where few tokens run, the chunk that the thread took. */
export function emitTile(f: FunctionBuilder, context: TileContext): void {
  const { codec, dims, step, row, count, kvHead, few, scores, queries, parts, totals, valueDims } = context
  const eachRow = (body: (i: number) => void) => {
    for (const i of rowIndices) f.if(i32.ltS(i32.const(i), count), () => body(i))
  }
  /** Products are made of all rows together, by code for their number. */
  const together = (body: (indices: readonly number[]) => void) => {
    for (const last of rowIndices) f.if(i32.eq(count, i32.const(last + 1)), () => body(rowIndices.slice(0, last + 1)))
  }
  const rowAt = (i: number): I32 => i32.add(row, i32.const(i))
  const positions = rowIndices.map(() => f.local('i32'))
  const last = f.local('i32')
  eachRow((i) => {
    const index = f.local('i32', rowAt(i))
    const query = f.local('ptr', at(field.address(step, attentionFields.query), placeOfRow(context, index), dims * 4))
    codec.emitQuery(f, query, field.float(step, attentionFields.scale), queries[i], dims)
    f.set(positions[i], positionOf(step, i32.divU(index, context.group)))
    f.set(last, positions[i])
  })
  const biases = context.biased ? rowIndices.map((i) => biasOfRow(f, context, rowAt(i))) : []
  const softcap = f.local('v128', v128.load32Splat(step, attentionFields.softcap))
  const capped = f.local('i32', f32.gt(field.float(step, attentionFields.softcap), f32.const(0)))
  const window = f.local('i32', field.integer(step, attentionFields.window))
  const sequence = f.local('i32', sequenceOfRow(context, row))
  const lowest = f.local('i32', i32.add(i32.sub(positions[0], window), i32.const(1)))
  const firstPage = f.local(
    'i32',
    i32.select(i32.ltS(lowest, i32.const(0)), i32.const(0), i32.shrU(lowest, i32.const(6))),
  )
  const endPage = f.local('i32', i32.add(i32.shrU(last, i32.const(6)), i32.const(1)))
  const perChunk = i32.const(pagesPerChunk)
  const firstChunk = f.local('i32', i32.select(few, context.chunk, i32.divU(firstPage, perChunk)))
  const allChunks = i32.divU(i32.add(endPage, i32.const(pagesPerChunk - 1)), perChunk)
  const chunkEnd = f.local('i32', i32.select(few, i32.add(firstChunk, i32.const(1)), allChunks))
  const chunk = f.local('i32', firstChunk)
  const page = f.local('i32')
  const pageStart = f.local('i32')
  const pageEnd = f.local('i32')
  const sums = rowIndices.map(() => f.local('ptr'))
  const rowScores = rowIndices.map(() => f.local('ptr'))
  const keysAndValues = () => {
    const place = f.local('i32', placeOfPage(step, kvHead, pageOf(step, sequence, page)))
    const present = i32.min(
      i32.const(pagePositions),
      i32.add(i32.sub(last, i32.mul(page, i32.const(pagePositions))), i32.const(1)),
    )
    return {
      keys: at(field.address(step, attentionFields.keyPages), place, codec.keyBytes(dims)),
      values: at(field.address(step, attentionFields.valuePages), place, codec.valueBytes(dims)),
      present: f.local('i32', present),
    }
  }
  const eachPage = (body: () => void) => {
    f.set(page, pageStart)
    rowScores.forEach((place, i) => f.set(place, scores[i]))
    f.while(i32.ltS(page, pageEnd), () => {
      body()
      for (const place of rowScores) f.set(place, ptr.add(place, ptr.const(pagePositions * 4)))
      f.set(page, i32.add(page, i32.const(1)))
    })
  }

  f.while(i32.ltS(chunk, chunkEnd), () => {
    // The sums of the first chunk are the totals that others are merged into.
    const isFirst = i32.eq(chunk, firstChunk)
    sums.forEach((place, i) =>
      f.if(
        few,
        () => f.set(place, partialOf(context, rowAt(i), chunk)),
        () =>
          f.if(
            isFirst,
            () => f.set(place, totals[i]),
            () => f.set(place, parts[i]),
          ),
      ),
    )
    f.set(pageStart, i32.mul(chunk, perChunk))
    f.set(pageStart, i32.select(i32.ltS(pageStart, firstPage), firstPage, pageStart))
    f.set(pageEnd, i32.min(endPage, i32.mul(i32.add(chunk, i32.const(1)), perChunk)))
    f.if(
      i32.ltS(pageStart, pageEnd),
      () => {
        eachPage(() => {
          const { keys, present } = keysAndValues()
          const padded = roundUp(present, panelPositions)
          together((indices) =>
            codec.emitScores(f, {
              keys: f.local('ptr', keys),
              queries: of(queries, indices),
              scores: of(rowScores, indices),
              headDim: dims,
              padded,
            }),
          )
        })
        const start = f.local('i32', i32.mul(pageStart, i32.const(pagePositions)))
        const present = i32.min(
          i32.sub(i32.mul(pageEnd, i32.const(pagePositions)), start),
          i32.add(i32.sub(last, start), i32.const(1)),
        )
        const padded = f.local('i32', roundUp(present, panelPositions))
        eachRow((i) => {
          if (context.biased) emitAddBias(f, scores[i], { ...biases[i], start, padded })
          const part = { start, padded, position: positions[i], window, capped, softcap, factor: codec.weightFactor }
          emitSoftmax(f, scores[i], part, sums[i])
          emitZeros(f, softmaxSums.outputs(sums[i]), valueDims)
        })
        eachPage(() => {
          const { values, present } = keysAndValues()
          together((indices) =>
            codec.emitValues(f, {
              values: f.local('ptr', values),
              weights: of(rowScores, indices),
              working: of(context.working, indices),
              outputs: indices.map((i) => f.local('ptr', softmaxSums.outputs(sums[i]))),
              headDim: dims,
              present,
            }),
          )
        })
      },
      () => eachRow((i) => f.do(f32.store(sums[i], f32.const(masked)))),
    )
    f.if(i32.eqz(i32.or(few, isFirst)), () => eachRow((i) => emitMerge(f, valueDims, totals[i], parts[i])))
    f.set(chunk, i32.add(chunk, i32.const(1)))
  })
  f.if(i32.eqz(few), () => eachRow((i) => writeOutput(f, context, rowAt(i), totals[i])))
}

/** Merges the chunks of one row, in order and where the first of them lies, and writes its output. */
export function emitMergeRow(f: FunctionBuilder, context: TileContext, chunks: I32): void {
  const { row, valueDims } = context
  const total = f.local('ptr', partialOf(context, row, i32.const(0)))
  const chunk = f.local('i32')
  f.for(chunk, i32.const(1), chunks, 1, () => {
    emitMerge(f, valueDims, total, f.local('ptr', partialOf(context, row, chunk)))
  })
  writeOutput(f, context, row, total)
}

const of = <T>(all: readonly T[], indices: readonly number[]): T[] => indices.map((i) => all[i])

const roundUp = (value: I32, multiple: number): I32 =>
  i32.and(i32.add(value, i32.const(multiple - 1)), i32.const(-multiple))

function emitZeros(f: FunctionBuilder, to: Ptr, width: number): void {
  const place = f.local('ptr', to)
  const column = f.local('i32')
  f.for(column, i32.const(0), i32.const(width), 16, () => {
    for (const lane of [0, 1, 2, 3]) f.do(v128.store(place, f32x4.splatConst(0), lane * 16))
    f.set(place, ptr.add(place, ptr.const(64)))
  })
}

function writeOutput(f: FunctionBuilder, context: TileContext, row: I32, sums: Ptr): void {
  const { step, dims } = context
  const output = f.local('ptr', at(field.address(step, attentionFields.output), placeOfRow(context, row), dims * 4))
  const factor: Local<'f32'> = f.local('f32', f32.div(f32.const(1), f32.load(sums, softmaxSums.sum)))
  emitScaled(f, f.local('ptr', softmaxSums.outputs(sums)), factor, output, dims)
}

/** to = from * factor, for `count` values. */
function emitScaled(f: FunctionBuilder, from: Ptr, factor: F32, to: Ptr, count: number): void {
  const whole = Math.floor(count / 4) * 4
  const factors = f.local('v128', f32x4.splat(factor))
  const column = f.local('i32')
  f.for(column, i32.const(0), i32.const(whole), 4, () => {
    f.do(v128.store(at(to, column, 4), f32x4.mul(v128.load(at(from, column, 4)), factors)))
  })
  f.for(column, i32.const(whole), i32.const(count), 1, () => {
    f.do(f32.store(at(to, column, 4), f32.mul(f32.load(at(from, column, 4)), factor)))
  })
}

/** Where the scores by distance of a row's head lie, and the column of position 0. */
function biasOfRow(
  f: FunctionBuilder,
  { step, kvHead, group }: TileContext,
  row: I32,
): Pick<BiasPart, 'table' | 'last' | 'origin'> {
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
