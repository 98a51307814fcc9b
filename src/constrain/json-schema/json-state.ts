/** What all states of a JSON text share: where a value goes when it ends, whitespace between tokens, ways to an end. */
import type { State } from '../grammar.ts'
import type { Engine, ValuePlan, Verdict } from './plans.ts'
import { chooseGap, type ChosenPlace, type Gap, type Gaps, needsSpace } from './style.ts'

/** What becomes of a value once it is complete. */
export interface ValueEnd {
  /** Whether the value's content is asked for. */
  readonly captures: boolean
  /** Arrays and objects around the value. */
  readonly depth: number
  /** The state after the value; undefined where such a value may not stand here. */
  end(verdict: Verdict, canonical: string | undefined): State | undefined
}

/** What states need to make further ones. */
export interface Context {
  readonly engine: Engine
  /** Whitespace here: what the text has chosen of it so far is chosen for what follows within the same array or object. */
  readonly gaps: Gaps
  /** The state before a value. */
  value(plan: ValuePlan, end: ValueEnd): State
  /** The same context in another style. */
  inStyle(gaps: Gaps): Context
}

/** What follows a place of the text where whitespace may stand, which says how it is written from there on. */
export function afterChoice(context: Context, place: ChosenPlace, make: (context: Context) => State): State {
  const { gaps } = context
  const compact = chooseGap(gaps, place, false)
  if (compact === undefined) return spaced(gaps[place], make(context))
  return new ChoiceState(
    gaps[place],
    make(context.inStyle(compact)),
    () => {
      const open = chooseGap(gaps, place, true)
      return make(open === undefined ? context : context.inStyle(open))
    },
    () => make(context),
  )
}

/** Before the first byte of what may be whitespace: none, one space, or more than that, which leaves the choice open. */
class ChoiceState implements State {
  readonly canEnd: boolean
  private readonly gap: Gap | undefined
  private readonly compact: State
  private readonly afterSpace: () => State
  private readonly otherwise: () => State
  private readonly following = new Map<number, State | undefined>()

  constructor(gap: Gap | undefined, compact: State, afterSpace: () => State, otherwise: () => State) {
    this.canEnd = compact.canEnd
    this.gap = gap
    this.compact = compact
    this.afterSpace = afterSpace
    this.otherwise = otherwise
  }

  next(byte: number): State | undefined {
    const gap = this.gap?.next(byte)
    if (gap === undefined) return this.compact.next(byte)
    if (!this.following.has(byte))
      this.following.set(byte, spaced(gap, byte === SPACE ? this.afterSpace() : this.otherwise()))
    return this.following.get(byte)
  }

  closing(): Uint8Array | undefined {
    return this.compact.closing()
  }
}

/** A text without whitespace as the context wants it. */
export function styled({ gaps }: Context, compact: string): string {
  const colon = gaps.colon === needsSpace ? ': ' : ':'
  const comma = gaps.comma === needsSpace ? ', ' : ','
  if (colon.length + comma.length === 2) return compact
  return compact.replaceAll(/"(?:[^"\\]|\\.)*"|[:,]/g, (part) => (part === ':' ? colon : part === ',' ? comma : part))
}

const SPACE = 0x20
const encoder = new TextEncoder()

export function encode(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Bytes that end the text when `way` comes first; undefined where `way` is illegal or leads to no known end. */
export function closingVia(state: State, way: Uint8Array): Uint8Array | undefined {
  let at: State | undefined = state
  for (const byte of way) {
    at = at.next(byte)
    if (at === undefined) return undefined
  }
  return joined(way, at)
}

/** `way` and what closes the state behind it. */
export function joined(way: Uint8Array, after: State): Uint8Array | undefined {
  const rest = after.canEnd ? new Uint8Array(0) : after.closing()
  if (rest === undefined) return undefined
  const all = new Uint8Array(way.length + rest.length)
  all.set(way)
  all.set(rest, way.length)
  return all
}

/** `state`, with whitespace allowed before it. */
export function spaced(gap: Gap | undefined, state: State): State {
  if (gap === needsSpace) return new FixedState(encode(' '), 0, () => state)
  return gap === undefined ? state : new SpacedState(gap, state)
}

class SpacedState implements State {
  readonly gap: Gap
  readonly inner: State
  private following: SpacedState | undefined

  constructor(gap: Gap, inner: State) {
    this.gap = gap
    this.inner = inner
  }

  get canEnd(): boolean {
    return this.inner.canEnd
  }

  next(byte: number): State | undefined {
    const gap = this.gap.next(byte)
    if (gap === undefined) return this.inner.next(byte)
    if (gap === this.gap) return this
    if (this.following?.gap === gap) return this.following
    return (this.following = new SpacedState(gap, this.inner))
  }

  closing(): Uint8Array | undefined {
    return this.inner.closing()
  }
}

/** A fixed text, then another state. */
export class FixedState implements State {
  readonly canEnd = false
  private readonly bytes: Uint8Array
  private readonly at: number
  private readonly after: () => State | undefined
  private following: State | undefined | null = null

  constructor(bytes: Uint8Array, at: number, after: () => State | undefined) {
    this.bytes = bytes
    this.at = at
    this.after = after
  }

  next(byte: number): State | undefined {
    if (byte !== this.bytes[this.at]) return undefined
    if (this.following === null) {
      const last = this.at + 1 === this.bytes.length
      this.following = last ? this.after() : new FixedState(this.bytes, this.at + 1, this.after)
    }
    return this.following
  }

  closing(): Uint8Array | undefined {
    return closingVia(this, this.bytes.subarray(this.at))
  }
}
