/** The running softmax of attention: scores of a page become weights, and sums over pages and chunks are merged. */
import { at, f32, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { pagePositions } from './cache-codec.ts'
import { exp, expOrZero, horizontalAdd, horizontalMax, tanh } from './vector-math.ts'

/** Stands for minus infinity; finite, so that differences are never NaN. */
export const masked = -1e30

/** Vectors of 16 positions. */
const quarters = [0, 1, 2, 3] as const
const laneNumbers = quarters.map((part) => i32x4.constant(part * 4, part * 4 + 1, part * 4 + 2, part * 4 + 3))

/** Places in the sums of some positions: peak and sum of their weights, then sums of weights times values, relative to e^peak. */
export const softmaxSums = {
  peak: 0,
  sum: 4,
  outputs: (sums: Ptr): Ptr => ptr.add(sums, ptr.const(64)),
} as const

/** Adds a chunk's sums to the total of those before it. Those without a visible position have a peak of `masked` and nothing else. */
export function emitMerge(f: FunctionBuilder, width: number, total: Ptr, part: Ptr): void {
  const [before, now] = [total, part].map((sums) => f.local('f32', f32.load(sums, softmaxSums.peak)))
  const isVisible = (peak: F32) => f32.gt(peak, f32.const(masked / 2))
  f.if(isVisible(now), () =>
    f.if(
      isVisible(before),
      () => {
        const highest = f.local('f32', f32.max(before, now))
        const [factor, partFactor] = [before, now].map((peak) =>
          f.local('f32', f32x4.extractLane(exp(f, f32x4.splat(f32.sub(peak, highest))), 0)),
        )
        const sum = (sums: Ptr) => f32.load(sums, softmaxSums.sum)
        f.do(f32.store(total, highest, softmaxSums.peak))
        f.do(f32.store(total, f32.add(f32.mul(sum(total), factor), f32.mul(sum(part), partFactor)), softmaxSums.sum))
        const [to, from] = [total, part].map((sums) => f.local('ptr', softmaxSums.outputs(sums)))
        const [factors, partFactors] = [factor, partFactor].map((one) => f.local('v128', f32x4.splat(one)))
        const column = f.local('i32')
        f.for(column, i32.const(0), i32.const(width / 4), 1, () => {
          const scaled = f32x4.mul(v128.load(at(from, column, 16)), partFactors)
          f.do(v128.store(at(to, column, 16), f32x4.madd(v128.load(at(to, column, 16)), factors, scaled)))
        })
      },
      () => f.copy(total, part, ptr.const(64 + width * 4)),
    ),
  )
}

/** What is added to the scores of one row: `table` [last + 1], whose column for position p is origin + p, clamped to 0 and `last`. */
export interface BiasPart {
  readonly table: Ptr
  readonly last: I32
  readonly origin: I32
  readonly start: I32
  readonly padded: I32
}

export function emitAddBias(f: FunctionBuilder, scores: Ptr, { table, last, origin, start, padded }: BiasPart): void {
  const column = f.local('i32')
  const entry = f.local('i32')
  const added = f.local('v128')
  const lanes = [0, 1, 2, 3] as const
  const clamped = (index: I32): I32 => {
    const above = i32.select(i32.ltS(index, i32.const(0)), i32.const(0), index)
    return i32.select(i32.ltS(last, above), last, above)
  }
  f.for(column, i32.const(0), padded, 4, () => {
    f.set(entry, i32.add(i32.add(origin, start), column))
    const inside = i32.and(i32.leS(i32.const(0), entry), i32.leS(i32.add(entry, i32.const(3)), last))
    f.if(
      inside,
      () => f.set(added, v128.load(at(table, entry, 4))),
      () => {
        for (const lane of lanes) {
          const value = f32.load(at(table, clamped(i32.add(entry, i32.const(lane))), 4))
          f.set(added, f32x4.replaceLane(added, lane, value))
        }
      },
    )
    const place = f.local('ptr', at(scores, column, 4))
    f.do(v128.store(place, f32x4.add(v128.load(place), added)))
  })
}

/** Scores of one row, from position `start` on. */
export interface ScoreRow {
  readonly start: I32
  /** How many, a multiple of 16; those beyond the last position are anything. */
  readonly padded: I32
  readonly position: I32
  readonly window: I32
  readonly capped: I32
  readonly softcap: Local<'v128'>
  /** What weights are stored with. */
  readonly factor: number
}

/** Bends, masks and exponentiates scores in place, writes their peak and sum, and zeros up to the end of the last page. */
export function emitSoftmax(f: FunctionBuilder, scores: Ptr, row: ScoreRow, sums: Ptr): void {
  const column = f.local('i32')
  const place = f.local('ptr')
  // Several vectors an iteration, loaded before and stored after all else, so that V8 packs them in pairs.
  const values = quarters.map(() => f.local('v128'))
  const eachVectors = (body: () => void) =>
    f.for(column, i32.const(0), row.padded, 16, () => {
      f.set(place, at(scores, column, 4))
      values.forEach((value, part) => f.set(value, v128.load(place, part * 16)))
      body()
    })
  const store = (results: readonly V128[]) =>
    results.forEach((result, part) => f.do(v128.store(place, result, part * 16)))

  f.if(row.capped, () =>
    eachVectors(() => {
      for (const value of values) f.set(value, f32x4.mul(tanh(f, f32x4.div(value, row.softcap)), row.softcap))
      store(values)
    }),
  )
  const end = i32.add(row.start, row.padded)
  const earliest = i32.sub(row.position, row.window)
  const allVisible = i32.and(i32.leS(end, i32.add(row.position, i32.const(1))), i32.ltS(earliest, row.start))
  f.if(i32.eqz(allVisible), () => {
    const starts = f.local('v128', i32x4.splat(row.start))
    const indices = quarters.map((part) => f.local('v128', i32x4.add(starts, laneNumbers[part])))
    const last = f.local('v128', i32x4.splat(row.position))
    const before = f.local('v128', i32x4.splat(i32.add(i32.sub(row.position, row.window), i32.const(1))))
    eachVectors(() => {
      quarters.forEach((part) => {
        const hidden = v128.or(i32x4.gtS(indices[part], last), i32x4.gtS(before, indices[part]))
        f.set(values[part], v128.bitselect(f32x4.splatConst(masked), values[part], hidden))
        f.set(indices[part], i32x4.add(indices[part], i32x4.splatConst(16)))
      })
      store(values)
    })
  })
  const peaks = quarters.map(() => f.local('v128', f32x4.splatConst(masked)))
  eachVectors(() => peaks.forEach((peak, part) => f.set(peak, f32x4.pmax(peak, values[part]))))
  const highest = f.local('f32', horizontalMax(f, fourAs(peaks, f32x4.pmax)))
  // Where all is masked, weights are e^(masked - 0) = 0 rather than e^0.
  const reference = f32.select(f32.gt(highest, f32.const(masked / 2)), highest, f32.const(0))
  const references = f.local('v128', f32x4.splat(reference))
  const totals = quarters.map(() => f.local('v128', f32x4.splatConst(0)))
  eachVectors(() => {
    const weights = quarters.map((part) => {
      const weight = expOrZero(f, f32x4.sub(values[part], references))
      f.set(totals[part], f32x4.add(totals[part], weight))
      return weight
    })
    store(weights.map((weight) => (row.factor === 1 ? weight : f32x4.mul(weight, f32x4.splatConst(row.factor)))))
  })
  f.do(f32.store(sums, highest, softmaxSums.peak))
  f.do(f32.store(sums, horizontalAdd(f, fourAs(totals, f32x4.add)), softmaxSums.sum))
  const pageEnd = i32.and(i32.add(row.padded, i32.const(pagePositions - 1)), i32.const(-pagePositions))
  f.for(column, row.padded, pageEnd, 4, () => f.do(v128.store(at(scores, column, 4), f32x4.splatConst(0))))
}

const fourAs = ([a, b, c, d]: readonly V128[], join: (a: V128, b: V128) => V128): V128 => join(join(a, b), join(c, d))
