/** The running softmax of attention: scores of a page become weights, and sums over pages and chunks are merged. */
import { at, f32, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { pagePositions } from './cache-codec.ts'
import { exp, horizontalAdd, horizontalMax, tanh } from './vector-math.ts'

/** Stands for minus infinity; finite, so that differences are never NaN. */
export const masked = -1e30

const laneNumbers = [i32x4.constant(0, 1, 2, 3), i32x4.constant(4, 5, 6, 7)] as const

/** Softmax sums of some positions: outputs are sums of weights times values, relative to e^peak. */
export interface SoftmaxSums {
  readonly outputs: Ptr
  readonly peak: Local<'f32'>
  readonly sum: Local<'f32'>
}

/** Adds a chunk's sums to the total of those before it. */
export function emitMerge(f: FunctionBuilder, width: number, total: SoftmaxSums, part: SoftmaxSums): void {
  const highest = f.local('f32', f32.max(total.peak, part.peak))
  const shrink = (peak: F32): Local<'f32'> =>
    f.local(
      'f32',
      f32.select(
        f32.gt(peak, f32.const(masked / 2)),
        f32x4.extractLane(exp(f, f32x4.splat(f32.sub(peak, highest))), 0),
        f32.const(0),
      ),
    )
  const before = shrink(total.peak)
  const now = shrink(part.peak)
  f.set(total.peak, highest)
  f.set(total.sum, f32.add(f32.mul(total.sum, before), f32.mul(part.sum, now)))
  const [befores, nows] = [f.local('v128', f32x4.splat(before)), f.local('v128', f32x4.splat(now))]
  const column = f.local('i32')
  f.for(column, i32.const(0), i32.const(width / 4), 1, () => {
    const scaled = f32x4.mul(v128.load(at(part.outputs, column, 16)), nows)
    f.do(
      v128.store(at(total.outputs, column, 16), f32x4.madd(v128.load(at(total.outputs, column, 16)), befores, scaled)),
    )
  })
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

/** Bends, masks and exponentiates one row of scores in place; returns the factor by which earlier sums shrink. */
export function emitSoftmaxPart(
  f: FunctionBuilder,
  scores: Ptr,
  part: {
    readonly start: I32
    readonly padded: I32
    readonly position: I32
    readonly window: I32
    readonly capped: I32
    readonly softcap: Local<'v128'>
    readonly factor: number
  },
  peak: Local<'f32'>,
  sum: Local<'f32'>,
): Local<'f32'> {
  const column = f.local('i32')
  const place = f.local('ptr')
  // Two vectors an iteration, loaded before and stored after all else, so that V8 packs them into one.
  const halves = [0, 1] as const
  const values = halves.map(() => f.local('v128'))
  const starts = i32x4.splat(part.start)
  const indices = halves.map((half) => f.local('v128', i32x4.add(starts, laneNumbers[half])))
  const last = f.local('v128', i32x4.splat(part.position))
  const before = f.local('v128', i32x4.splat(i32.add(i32.sub(part.position, part.window), i32.const(1))))
  const peaks = halves.map(() => f.local('v128', f32x4.splat(peak)))
  const load = () => {
    f.set(place, at(scores, column, 4))
    values.forEach((value, half) => f.set(value, v128.load(place, half * 16)))
  }
  const store = (results: readonly V128[]) => {
    results.forEach((result, half) => f.do(v128.store(place, result, half * 16)))
  }
  const end = i32.add(part.start, part.padded)
  const earliest = i32.sub(part.position, part.window)
  const allVisible = i32.and(i32.leS(end, i32.add(part.position, i32.const(1))), i32.ltS(earliest, part.start))
  f.if(
    i32.and(allVisible, i32.eqz(part.capped)),
    () =>
      f.for(column, i32.const(0), part.padded, 8, () => {
        load()
        halves.forEach((half) => f.set(peaks[half], f32x4.max(peaks[half], values[half])))
      }),
    () =>
      f.for(column, i32.const(0), part.padded, 8, () => {
        load()
        f.if(part.capped, () => {
          for (const value of values) f.set(value, f32x4.mul(tanh(f, f32x4.div(value, part.softcap)), part.softcap))
        })
        halves.forEach((half) => {
          const hidden = v128.or(i32x4.gtS(indices[half], last), i32x4.gtS(before, indices[half]))
          f.set(values[half], v128.bitselect(f32x4.splatConst(masked), values[half], hidden))
          f.set(peaks[half], f32x4.max(peaks[half], values[half]))
          f.set(indices[half], i32x4.add(indices[half], i32x4.splatConst(8)))
        })
        store(values)
      }),
  )
  const highest = f.local('f32', horizontalMax(f, f32x4.max(peaks[0], peaks[1])))
  const highests = f.local('v128', f32x4.splat(highest))
  const totals = halves.map(() => f.local('v128', f32x4.splatConst(0)))
  f.for(column, i32.const(0), part.padded, 8, () => {
    load()
    const weights = halves.map((half) => {
      // exp clamps its argument, so what is masked is set to zero by comparison.
      const visible = f32x4.gt(values[half], f32x4.splatConst(masked / 2))
      const weight = f.local('v128', v128.and(exp(f, f32x4.sub(values[half], highests)), visible))
      f.set(totals[half], f32x4.add(totals[half], weight))
      return weight
    })
    store(weights.map((weight) => (part.factor === 1 ? weight : f32x4.mul(weight, f32x4.splatConst(part.factor)))))
  })
  // A fill is a call out of the module, so a full page does without.
  f.if(i32.ltS(part.padded, i32.const(pagePositions)), () => {
    const restBytes = i32.mul(i32.sub(i32.const(pagePositions), part.padded), i32.const(4))
    f.fill(at(scores, part.padded, 4), i32.const(0), ptr.from(restBytes))
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
  f.set(sum, f32.add(f32.mul(sum, shrink), horizontalAdd(f, f32x4.add(totals[0], totals[1]))))
  return shrink
}
