/**
 * The sequences that a program holds: those at work and those kept for whoever goes on from them. A prompt continues the one that
 * shares most with it, or branches off it and shares the pages of the common part. Pages are one pool: what nobody works on gives
 * way first, the one unused for longest before others, then what came last.
 */
import { createScheduler, type Lane, type RunResult } from '../generate/scheduler.ts'
import { commonPrefix, type Stepper } from '../generate/stepper.ts'
import { createPagedSequences } from '../models/index.ts'
import type { TapRecord, Watcher } from '../models/taps/index.ts'
import { pageTokens, type Program } from '../tensor/device.ts'
import { OstroError } from '../util/error.ts'
import { createSharedReading, type Reading } from './shared-reading.ts'
import { createWaitingLine } from './waiting-line.ts'

export interface Sequence extends Stepper {
  readonly slot: number
  /** Appends as many tokens as a round has room for; `rows` of `all` or none of them are answered, [rows, width]. */
  readonly runRows: (
    tokens: readonly number[],
    rows: 'none' | 'all',
    output: string,
    signal: AbortSignal,
  ) => Promise<RunResult>
  /** Makes room for `length` tokens that somebody else will run. @throws OstroError `out-of-memory` */
  readonly reserve: (length: number) => void
  /** Ends the work on it. It is kept for others with the same key, unless it has none to keep it for. */
  readonly release: () => void
}

export interface SequenceRequest {
  /** Its tokens decide which sequence is continued; undefined: an empty one, which nobody continues. */
  readonly prompt?: readonly number[]
  /** Most tokens that will be needed, prompt included; waits until the pages will probably do. */
  readonly lengthTokens: number
  /** Only sequences of the same key are continued. */
  readonly key?: string | undefined
  /** Looks at its runs and tells what it saw, before `run` answers. */
  readonly tap?: { readonly watch: Watcher; readonly tell: (record: TapRecord) => void } | undefined
}

export interface Sequences {
  /**
   * Waits for a slot and pages.
   * @throws OstroError `aborted`, `overloaded`
   */
  readonly acquire: (request: SequenceRequest, signal: AbortSignal) => Promise<Sequence>
}

export interface SequencesOptions {
  readonly contextTokens: number
  readonly chunkTokens: number
  readonly maxRows: number
  readonly vocabularySize: number
  /** Sequences that the device was loaded for. */
  readonly slots: number
  /** Calls that may wait for a slot or pages. */
  readonly mostWaiting: number
}

/** Fewer common tokens than this are not worth a branch: beginnings such as BOS are shared by all. */
const leastSharedTokens = 16

/** Of a prompt's end, at most: what a template puts before an answer, such as the start of a turn and of thinking. */
const rewrittenTokens = 32

interface HeldLane extends Lane {
  age: number
  working: boolean
  /** Tokens that it was let in for. */
  promisedTokens: number
  /** Pages that it had in common with another when it branched off. */
  sharedPages: number
  /** Undefined: nobody continues it. */
  key: string | undefined
}

export function createSequences(program: Program, options: SequencesOptions): Sequences {
  const state = createPagedSequences(program, { sequences: options.slots, cacheBytes: program.bytes.cache })
  // A model without attention is never short of pages.
  const { groups } = program.caches
  const pages = groups.length === 0 ? Infinity : Math.max(...groups.map((group) => group.pages))
  const recurrent = program.states.specs.length > 0
  const line = createWaitingLine(options.mostWaiting)
  const shared = createSharedReading()
  /** The one used last is at the end. */
  const lanes: HeldLane[] = []
  let admitted = 0

  const close = (lane: HeldLane): void => {
    state.close(lane.slot)
    lanes.splice(lanes.indexOf(lane), 1)
  }
  const empty = (lane: Lane): void => {
    state.truncate(lane.slot, 0)
    lane.heldTokens = 0
  }
  const evictIdle = (except?: HeldLane): boolean => {
    const oldest = lanes.find((lane) => !lane.working && lane !== except)
    if (oldest !== undefined) close(oldest)
    return oldest !== undefined
  }
  const scheduler = createScheduler(
    program,
    {
      reserve: (lane, length, run) => {
        if (!mayGoOn(lane)) return false
        while (true) {
          try {
            state.reserve(lane.slot, length)
            return true
          } catch (error) {
            if (!(error instanceof OstroError && error.code === 'out-of-memory')) throw error
            if (evictIdle()) continue
            const holders = lanes.filter((other) => other !== lane && other.heldTokens > 0)
            if (holders.length === 0) throw error
            const youngest = holders
              .filter((other) => other.age > lane.age && !run.has(other))
              .toSorted((a, b) => b.age - a.age)[0]
            if (youngest === undefined) return false
            empty(youngest)
          }
        }
      },
      forget: (lane) => {
        empty(lane)
        lane.tokens.length = 0
      },
    },
    options,
  )

  /** One that had to give way comes back when there is room for all of it and a page for each of the others, or when it is the oldest. */
  const mayGoOn = (lane: Lane): boolean => {
    if (lane.heldTokens > 0 || lane.tokens.length === 0) return true
    const others = lanes.filter((other) => other.working && other !== lane)
    if (others.every(({ age }) => age > lane.age)) return true
    const needed = pagesOf(lane.tokens.length + 1) + others.length
    while (Math.min(...state.freePages) < needed) if (!evictIdle()) return false
    return true
  }

  const fits = (lengthTokens: number, sharedPages: number): boolean => {
    const others = lanes.filter(({ working }) => working)
    if (others.length === 0) return true
    if (others.length >= options.slots) return false
    const promised = others.reduce((sum, lane) => {
      return sum + pagesOf(Math.max(lane.promisedTokens, lane.tokens.length + pageTokens)) - lane.sharedPages
    }, 0)
    return promised + pagesOf(lengthTokens) - sharedPages <= pages
  }

  const admit = ({ prompt, lengthTokens, key, tap }: SequenceRequest): Sequence | undefined => {
    const best = prompt && findBest(lanes, prompt, key)
    // Running the last prompt token again is no branch.
    const isWhole = best?.shared === best?.lane.tokens.length || best?.shared === prompt?.length
    const continues = best !== undefined && !best.lane.working && isWhole
    const branches = best !== undefined && !continues && best.shared >= leastSharedTokens
    const sharedPages = branches ? Math.floor(best.shared / pageTokens) : 0
    if (!fits(lengthTokens, sharedPages)) return undefined
    const lane = continues ? best.lane : branches ? branchOff(best.lane) : open()
    Object.assign(lane, {
      working: true,
      age: ++admitted,
      promisedTokens: lengthTokens,
      sharedPages,
      key: prompt && keyOf(key),
    } satisfies Partial<HeldLane>)
    lanes.splice(lanes.indexOf(lane), 1)
    lanes.push(lane)
    const reading = prompt && { prompt, key, readTokens: () => lane.heldTokens }
    if (reading !== undefined) shared.begin(reading)
    return sequenceOf(lane, reading, tap)
  }
  const addLane = (slot: number, tokens: number[]): HeldLane => {
    const lane: HeldLane = {
      slot,
      tokens,
      heldTokens: tokens.length,
      age: 0,
      working: true,
      promisedTokens: 0,
      sharedPages: 0,
      key: undefined,
    }
    lanes.push(lane)
    return lane
  }
  const open = (): HeldLane => {
    if (lanes.length >= options.slots) evictIdle()
    return addLane(state.open(), [])
  }
  const branchOff = (lane: HeldLane): HeldLane => {
    if (lanes.length >= options.slots && !evictIdle(lane)) return lane
    return addLane(state.fork(lane.slot), lane.tokens.slice(0, lane.heldTokens))
  }

  const sequenceOf = (lane: HeldLane, reading: Reading | undefined, tap: SequenceRequest['tap']): Sequence => ({
    slot: lane.slot,
    vocabularySize: options.vocabularySize,
    contextTokens: options.contextTokens,
    tokens: lane.tokens,
    run: async (tokens, signal) => {
      // Where a state can't go back, it is saved before the last token: that is where the same prompt, asked again, has to begin. And some
      // tokens before that: templates write the end of a prompt in another way once it is followed by an answer.
      const saves = recurrent && tokens.length > 1
      const unsaved = tokens.length > rewrittenTokens ? rewrittenTokens : 1
      const { readTokens, rows, seen } = await scheduler.run({
        lane,
        tokens: saves ? tokens.slice(0, -unsaved) : tokens,
        rows: saves ? 'none' : 'last',
        output: 'logits',
        watch: tap?.watch,
        signal,
      })
      for (const record of seen) tap?.tell(record)
      if (saves && lane.heldTokens === lane.tokens.length) state.checkpoint(lane.slot)
      if (reading !== undefined) shared.progress(reading, false)
      return { readTokens, logits: rows }
    },
    runRows: (tokens, rows, output, signal) => scheduler.run({ lane, tokens, rows, output, signal }),
    reserve: (length) => {
      while (true) {
        try {
          return state.reserve(lane.slot, length)
        } catch (error) {
          if (!evictIdle()) throw error
        }
      }
    },
    truncate: (length) => {
      const kept = state.restorable(lane.slot, length)
      if (kept < lane.heldTokens) state.truncate(lane.slot, kept)
      lane.heldTokens = Math.min(lane.heldTokens, kept)
      lane.tokens.length = kept
      return kept
    },
    release: () => {
      lane.working = false
      if (reading !== undefined) shared.progress(reading, true)
      // What is not on the device is no use to anybody.
      lane.tokens.length = lane.heldTokens
      if (lane.key === undefined || lane.tokens.length === 0) close(lane)
      line.serve()
      scheduler.wake()
    },
  })

  const acquire: Sequences['acquire'] = (request, signal) => {
    const { prompt, key } = request
    const held = prompt && findBest(lanes, prompt, key)
    const wait = prompt && shared.wait(prompt, key, held?.shared ?? 0, signal)
    return wait === undefined ? line.enter(() => admit(request), signal) : wait.then(() => acquire(request, signal))
  }
  return { acquire }
}

/** The sequence of that key with the longest common start. */
function findBest(
  lanes: readonly HeldLane[],
  prompt: readonly number[],
  key: string | undefined,
): { lane: HeldLane; shared: number } | undefined {
  let best: { lane: HeldLane; shared: number } | undefined
  for (const lane of lanes) {
    if (lane.key !== keyOf(key)) continue
    const shared = Math.min(commonPrefix(lane.tokens, prompt), lane.heldTokens)
    if (shared > (best?.shared ?? 0)) best = { lane, shared }
  }
  return best
}

/** Those without a key share one, which no key is equal to. */
function keyOf(key: string | undefined): string {
  return key === undefined ? '' : `=${key}`
}

function pagesOf(tokens: number): number {
  return Math.ceil(tokens / pageTokens)
}
