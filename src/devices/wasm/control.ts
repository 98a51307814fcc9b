/**
 * The executor: WebAssembly that runs the step table on all threads, and the barrier between steps.
 *
 * JavaScript is entered once per run. A thread that waits first spins, since steps take microseconds, then sleeps on a futex, since on a
 * shared machine the other thread may have lost its core.
 */
import { at, i32, i64, ptr } from './asm/expression.ts'
import type { I32, Ptr } from './asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from './asm/module.ts'

/** Byte offsets of the words that threads share; each has a cache line of its own. */
export const control = {
  runNumber: 64,
  runSleepers: 128,
  arrived: 192,
  barrierNumber: 256,
  barrierSleepers: 320,
  stepCount: 384,
  quit: 388,
  tokens: 392,
  rows: 396,
  one: 400,
  /** Not 0 when a thread has died: nobody waits any more. */
  failed: 404,
  stepTable: 408,
  /** Where in the table a run begins; it ends at `stepCount`. */
  firstStep: 416,
  bytes: 512,
} as const

/**
 * One entry of the step table: kernel index (i32), flags (i32), address of the step's record (8 bytes).
 *
 * A light step is one that takes longer to share out than to do when few tokens run: a norm, an encoding, a rotation of one row.
 */
export const tableEntryBytes = 16
export const entryFlags = {
  /** A barrier follows. */
  barrier: 1,
  /** When few tokens run, one thread does this step and its light neighbours while the others wait for it. */
  light: 2,
  /** The barrier can be left out when few tokens run: the light steps that follow begin with one. */
  beforeLight: 4,
  /** For light steps: index of the next heavy step, in the bits above. */
  nextHeavyShift: 8,
} as const

/** Runs of at most so many tokens count as few. */
export const fewTokens = 2

const spinsBeforeSleep = 20_000

/** `run`: executes the table once, as one of several threads; `work`: what the other threads do until they are told to quit. */
export function emitExecutor(module: ModuleBuilder): void {
  const run = module.function('run', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const base = f.parameter(0, 'ptr')
    const thread = f.parameter(1, 'i32')
    const threads = f.parameter(2, 'i32')
    const index = f.local('i32', i32.load(base, control.firstStep))
    const entry = f.local('ptr')
    const flags = f.local('i32')
    const end = f.local('i32')
    const count = f.local('i32', i32.load(base, control.stepCount))
    const table = f.local('ptr', ptr.load(base, control.stepTable))
    const several = f.local('i32', i32.ltS(i32.const(1), threads))
    const few = f.local('i32', i32.and(several, i32.leS(i32.load(base, control.tokens), i32.const(fewTokens))))
    const runStep = () => f.callIndirect(0, [ptr.load(entry, 8), thread, threads], i32.load(entry))
    const has = (flag: number) => i32.and(flags, i32.const(flag))
    f.while(i32.ltS(index, count), () => {
      f.set(entry, at(table, index, tableEntryBytes))
      f.set(flags, i32.load(entry, 4))
      f.if(
        i32.select(has(entryFlags.light), few, i32.const(0)),
        () => {
          f.set(end, i32.shrU(flags, i32.const(entryFlags.nextHeavyShift)))
          f.set(end, i32.select(i32.ltS(end, count), end, count))
          emitBarrier(f, base, threads, () => {
            // The last thread to arrive has all results in sight, and does the light steps before it lets the others go.
            f.while(i32.ltS(index, end), () => {
              f.set(entry, at(table, index, tableEntryBytes))
              runStep()
              f.set(index, i32.add(index, i32.const(1)))
            })
          })
          f.set(index, end)
        },
        () => {
          runStep()
          const merged = i32.select(has(entryFlags.beforeLight), few, i32.const(0))
          f.if(i32.and(i32.and(has(entryFlags.barrier), several), i32.eqz(merged)), () => {
            emitBarrier(f, base, threads, () => undefined)
          })
          f.set(index, i32.add(index, i32.const(1)))
        },
      )
    })
  })
  const runIndex = module.indexOf(run)
  module.function('work', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const base = f.parameter(0, 'ptr')
    const seen = f.local('i32', i32.const(0))
    f.loop((stop) => {
      emitWait(f, base, control.runNumber, control.runSleepers, seen)
      f.set(seen, i32.atomicLoad(base, control.runNumber))
      stop(i32.or(i32.atomicLoad(base, control.quit), i32.load(base, control.failed)))
      f.call(run, runIndex, [base, f.parameter(1, 'i32'), f.parameter(2, 'i32')])
    })
  })
}

/** All threads meet; the last one does `alone` before the others go on. */
function emitBarrier(f: FunctionBuilder, base: Ptr, threads: I32, alone: () => void): void {
  const expected = f.local('i32', i32.atomicLoad(base, control.barrierNumber))
  f.if(
    i32.eq(i32.add(i32.atomicAdd(base, i32.const(1), control.arrived), i32.const(1)), threads),
    () => {
      alone()
      f.do(i32.atomicStore(base, i32.const(0), control.arrived))
      f.drop(i32.atomicAdd(base, i32.const(1), control.barrierNumber))
      f.if(i32.atomicLoad(base, control.barrierSleepers), () => {
        f.drop(i32.atomicNotify(base, i32.const(-1), control.barrierNumber))
      })
    },
    () => emitWait(f, base, control.barrierNumber, control.barrierSleepers, expected),
  )
}

/** Returns when the word is no longer `expected`. */
function emitWait(f: FunctionBuilder, base: Ptr, word: number, sleepers: number, expected: I32): void {
  const spins = f.local('i32', i32.const(spinsBeforeSleep))
  f.loop((stop) => {
    stop(i32.or(i32.ne(i32.atomicLoad(base, word), expected), i32.load(base, control.failed)))
    f.if(
      spins,
      () => f.set(spins, i32.sub(spins, i32.const(1))),
      () => {
        f.drop(i32.atomicAdd(base, i32.const(1), sleepers))
        f.drop(i32.atomicWait(base, expected, i64.const(-1n), word))
        f.drop(i32.atomicAdd(base, i32.const(-1), sleepers))
      },
    )
  })
}
