/**
 * Follows productions byte by byte with Earley's algorithm (1970) over immutable item sets. Sets are states of the grammar: equal ones
 * are the same object, and right recursion runs without a stack (after Leo 1991), so that lists come back to the state they were in.
 */
import { OstroError } from '../../util/error.ts'
import { canContinue } from '../can-continue.ts'
import type { FreeRun, Grammar, State } from '../grammar.ts'
import { shortestClosing } from './closing.ts'
import type { Position, Productions } from './productions.ts'

/** A production under way: what is at `position` comes next, and behind the production `rule` is complete since `origin`. */
export interface Item {
  readonly position: Position
  readonly rule: number
  /** Where the rule began; undefined stands for the set that the item is in. */
  readonly origin: ItemSet | undefined
  /** How far the text at the position has been read; undefined at its start, and where a rule is next. */
  readonly text: State | undefined
}

export interface ItemSet extends State {
  readonly id: number
  /** Items that a byte may move. */
  readonly readers: readonly Item[]
  /** Rule -> the items that wait for it. */
  readonly waiting: ReadonlyMap<number, readonly Item[]>
}

const MOST_ITEMS = 20_000
/** Most sets that are remembered; beyond, remembering starts anew. */
const MOST_SETS = 20_000

export function followProductions(productions: Productions): Grammar {
  const textIds = new WeakMap<State, number>()
  const going = new WeakMap<State, boolean>()
  const shared = new Map<string, ItemSet>()
  let texts = 0
  let sets = 0
  let generation = 0

  const idOfText = (text: State): number => {
    let id = textIds.get(text)
    if (id === undefined) textIds.set(text, (id = texts++))
    return id
  }

  const goesOn = (text: State): boolean => {
    let known = !text.canEnd || going.get(text)
    if (known === undefined) going.set(text, (known = canContinue(text)))
    return known
  }

  /** All that follows from `kernel` without reading a byte. */
  function close(kernel: readonly Item[]): ItemSet | undefined {
    const items = new Map<string, Item>()
    const readers: Item[] = []
    const waiting = new Map<number, Item[]>()
    let canEnd = false
    const add = (position: Position, rule: number, origin: ItemSet | undefined, text: State | undefined): void => {
      const key = `${position.id}.${rule}.${origin?.id ?? 'here'}.${text ? idOfText(text) : ''}`
      if (!items.has(key)) items.set(key, { position, rule, origin, text })
    }
    for (const { position, rule, origin, text } of kernel) add(position, rule, origin, text)
    // A Map goes over what is added meanwhile.
    for (const [key, item] of items) {
      if (items.size > MOST_ITEMS) throw tooAmbiguous()
      const { position, rule, origin, text } = item
      const { symbol, next } = position
      if (!symbol || !next) {
        // A rule that began here is empty, and was stepped over where it was predicted.
        if (origin === undefined) continue
        if (origin === root) canEnd = true
        for (const waiter of origin.waiting.get(rule) ?? []) {
          add(waiter.position.next ?? waiter.position, waiter.rule, waiter.origin ?? origin, undefined)
        }
      } else if ('text' in symbol) {
        const state = text ?? symbol.text
        if (state.canEnd) add(next, rule, origin, undefined)
        if (goesOn(state)) readers.push(item)
        // A text read to its end is no part of the set, or the same place would look different after each text.
        else items.delete(key)
      } else {
        const called = symbol.rule
        if (productions.nullable[called]) add(next, rule, origin, undefined)
        if (position.isTailCall) {
          for (const first of productions.rules[called]) add(first, rule, origin, undefined)
          continue
        }
        const waiters = waiting.get(called)
        if (waiters) {
          waiters.push(item)
          continue
        }
        waiting.set(called, [item])
        for (const first of productions.rules[called]) add(first, called, undefined, undefined)
      }
    }
    if (readers.length === 0 && !canEnd) return undefined
    const lasting = [...items].filter(([, { position }]) => position.symbol !== undefined)
    const content = lasting.map(([key]) => key).sort()
    return shareSet(`${canEnd}:${content.join()}`, () => createSet(readers, waiting, canEnd))
  }

  function shareSet(key: string, create: () => ItemSet): ItemSet {
    let set = shared.get(key)
    if (!set) {
      if (shared.size >= MOST_SETS) {
        shared.clear()
        generation++
      }
      shared.set(key, (set = create()))
    }
    return set
  }

  function createSet(
    readers: readonly Item[],
    waiting: ReadonlyMap<number, readonly Item[]>,
    canEnd: boolean,
  ): ItemSet {
    const after = new Map<number, ItemSet | undefined>()
    let afterOf = generation
    const set: ItemSet = {
      id: ++sets,
      readers,
      waiting,
      canEnd,
      next(byte) {
        if (afterOf !== generation) after.clear()
        afterOf = generation
        if (after.has(byte)) return after.get(byte)
        const next = read(set, byte)
        after.set(byte, next)
        return next
      },
      closing: () => (canEnd ? new Uint8Array(0) : shortestClosing(set, root, productions)),
      freeRun: findFreeRun(readers),
    }
    return set
  }

  function read(set: ItemSet, byte: number): ItemSet | undefined {
    const kernel: Item[] = []
    for (const { position, rule, origin, text } of set.readers) {
      if (!position.symbol || !('text' in position.symbol)) continue
      const state = (text ?? position.symbol.text).next(byte)
      if (state) kernel.push({ position, rule, origin: origin ?? set, text: state })
    }
    return kernel.length === 0 ? undefined : close(kernel)
  }

  /** Where the start rule began: nothing waits there. */
  const root: ItemSet = {
    id: 0,
    readers: [],
    waiting: new Map(),
    canEnd: false,
    next: () => undefined,
    closing: () => undefined,
  }
  const start = close(
    productions.rules[productions.start].map((position) => ({
      position,
      rule: productions.start,
      origin: root,
      text: undefined,
    })),
  )
  if (!start) throw new TypeError('a grammar with a text has a first state')
  return { start }
}

/** A text that runs freely does so whatever else could be read. */
function findFreeRun(readers: readonly Item[]): FreeRun | undefined {
  let freest: FreeRun | undefined
  for (const { position, text } of readers) {
    if (!position.symbol || !('text' in position.symbol)) continue
    const run = (text ?? position.symbol.text).freeRun
    if (run && (!freest || run.exits.size < freest.exits.size)) freest = run
  }
  // Beside other ways to read on, a run may end those.
  return freest && { ...freest, isUniform: readers.length === 1 && freest.isUniform }
}

function tooAmbiguous(): OstroError {
  return new OstroError(
    'unsupported',
    `grammar: expected at most ${MOST_ITEMS} ways to read a text so far, got more. Remove ambiguous rules.`,
    { limit: MOST_ITEMS },
  )
}
