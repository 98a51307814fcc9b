/** Between the items of an array. */
import type { State } from '../grammar.ts'
import { canFollow, canStillEnd, restOf } from './completion.ts'
import { afterChoice, closingVia, type Context, encode, spaced, styled, type ValueEnd } from './json-state.ts'
import type { ArrayPosition, ChildStep, Verdict } from './plans.ts'

const COMMA = 0x2c
const CLOSE = 0x5d

/** Canonical texts of the items where they are kept, the last one first. */
interface Kept {
  readonly item: string
  readonly before: Kept | undefined
}

/** After the opening bracket. */
export function startArray(context: Context, position: ArrayPosition, end: ValueEnd): State {
  return afterChoice(context, 'opening', (chosen) => new ArrayState(chosen, position, end, true, undefined))
}

/** Before the first item, or after one. */
class ArrayState implements State {
  readonly canEnd = false
  private readonly context: Context
  private readonly position: ArrayPosition
  private readonly end: ValueEnd
  private readonly first: boolean
  private readonly kept: Kept | undefined
  private ended: State | undefined | null = null
  private item: State | undefined | null = null

  constructor(context: Context, position: ArrayPosition, end: ValueEnd, first: boolean, kept: Kept | undefined) {
    this.context = context
    this.position = position
    this.end = end
    this.first = first
    this.kept = kept
  }

  next(byte: number): State | undefined {
    if (byte === CLOSE) return (this.ended = this.ended === null ? this.finish() : this.ended)
    if (this.item === null) this.item = this.beginItem()
    if (this.first) return this.item?.next(byte)
    return byte === COMMA ? this.item : undefined
  }

  closing(): Uint8Array | undefined {
    return this.closingFrom(this.position) ?? this.closingFrom(this.position.meetingGoals())
  }

  /** By what is still needed at a place; what is around may ask for more than that. */
  private closingFrom(position: ArrayPosition): Uint8Array | undefined {
    const rest = restOf(position)
    if (typeof rest === 'string') return undefined
    const items = rest.parts.join()
    return closingVia(this, encode(styled(this.context, `${this.first || items === '' ? '' : ','}${items}]`)))
  }

  private finish(): State | undefined {
    const verdict = this.position.verdict()
    return verdict && this.end.end(verdict, this.end.captures ? canonical(this.kept) : undefined)
  }

  /** The state before the next item, with the whitespace after a comma. */
  private beginItem(): State | undefined {
    const step = this.position.item()
    if (step === undefined || !canFollow(step)) return undefined
    const value = (context: Context): State =>
      context.value(step.plan, new ItemEnd(context, step, this.position, this.end, this.kept))
    return this.first ? value(this.context) : afterChoice(this.context, 'comma', value)
  }
}

class ItemEnd implements ValueEnd {
  readonly captures: boolean
  readonly depth: number
  private readonly context: Context
  private readonly step: ChildStep<ArrayPosition>
  private readonly outer: ValueEnd
  private readonly kept: Kept | undefined
  private readonly after = new Map<ArrayPosition, State>()

  constructor(
    context: Context,
    step: ChildStep<ArrayPosition>,
    position: ArrayPosition,
    outer: ValueEnd,
    kept: Kept | undefined,
  ) {
    this.context = context
    this.step = step
    this.outer = outer
    this.kept = kept
    this.captures = outer.captures || position.comparesItems
    this.depth = outer.depth + 1
  }

  end(verdict: Verdict, canonicalItem: string | undefined): State | undefined {
    const position = this.step.after(verdict, canonicalItem)
    if (position === undefined || !canStillEnd(position)) return undefined
    if (!this.captures) {
      let state = this.after.get(position)
      if (state === undefined) this.after.set(position, (state = this.stateAt(position, undefined)))
      return state
    }
    return this.stateAt(position, { item: canonicalItem as string, before: this.kept })
  }

  private stateAt(position: ArrayPosition, kept: Kept | undefined): State {
    const state = new ArrayState(this.context, position, this.outer, false, kept)
    return spaced(this.context.gaps.closing, state)
  }
}

function canonical(kept: Kept | undefined): string {
  const items: string[] = []
  for (let at = kept; at !== undefined; at = at.before) items.push(at.item)
  return `[${items.reverse().join()}]`
}
