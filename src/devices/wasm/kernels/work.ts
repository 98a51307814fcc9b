/**
 * How threads share a step: each has a stretch of its own, which it takes chunk by chunk, and then takes over what others have not begun.
 *
 * Stretches, not alternating chunks: two cores that read every other few kilobytes of one stream prefetch into each other's caches and
 * are no faster than one (`docs/experiments.md`, 2026-11-25).
 */
import { at, i32, ptr } from '../asm/expression.ts'
import type { I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'

/** A step's counters lie apart, one cache line for each thread; the step's record begins with their address. */
export const counterBytes = 64

/** A stretch of one thread, in chunks. */
export interface Stretch {
  readonly first: I32
  readonly count: I32
}

/**
 * Runs `body` for every chunk, each on one thread. Parameters 1 and 2 of the kernel are the thread and how many there are.
 *
 * @param stretchOf the chunks of one thread: computed once for each stretch
 * @param body gets the stretch and the number of the chunk in it
 */
export function emitStretches<S extends { readonly count: I32 }>(
  f: FunctionBuilder,
  step: Ptr,
  stretchOf: (owner: I32, threads: I32) => S,
  body: (stretch: S, index: Local<'i32'>) => void,
): void {
  const threads = f.parameter(2, 'i32')
  const counters = f.local('ptr', ptr.load(step))
  const owner = f.local('i32', f.parameter(1, 'i32'))
  const left = f.local('i32', threads)
  const index = f.local('i32')
  f.while(left, () => {
    const stretch = stretchOf(owner, threads)
    const counter = f.local('ptr', at(counters, owner, counterBytes))
    f.loop((stop) => {
      f.set(index, i32.atomicAdd(counter, i32.const(1)))
      stop(i32.geS(index, stretch.count))
      body(stretch, index)
    })
    f.set(left, i32.sub(left, i32.const(1)))
    f.set(owner, i32.add(owner, i32.const(1)))
    f.set(owner, i32.select(i32.ltS(owner, threads), owner, i32.const(0)))
  })
}

/** The part of `count` that falls to `owner`: parts are contiguous and differ by at most one. */
export function emitPart(f: FunctionBuilder, count: I32, owner: I32, threads: I32): Stretch {
  const first = f.local('i32', i32.divU(i32.mul(owner, count), threads))
  const end = i32.divU(i32.mul(i32.add(owner, i32.const(1)), count), threads)
  return { first, count: f.local('i32', i32.sub(end, first)) }
}

/** Runs `body` for every item in [0, count), `perChunk` items at a time. */
export function emitChunks(
  f: FunctionBuilder,
  step: Ptr,
  count: I32,
  perChunk: number,
  body: (item: Local<'i32'>) => void,
): void {
  const total = f.local('i32', count)
  const chunks = f.local('i32', i32.divU(i32.add(total, i32.const(perChunk - 1)), i32.const(perChunk)))
  const item = f.local('i32')
  const first = f.local('i32')
  emitStretches(
    f,
    step,
    (owner, threads) => emitPart(f, chunks, owner, threads),
    (stretch, index) => {
      f.set(first, i32.mul(i32.add(stretch.first, index), i32.const(perChunk)))
      f.for(item, first, i32.min(i32.add(first, i32.const(perChunk)), total), 1, () => {
        body(item)
      })
    },
  )
}
