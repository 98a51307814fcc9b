/** Between the members of an object. */
import type { State } from '../grammar.ts'
import { canStillEnd, restOf } from './completion.ts'
import {
  afterChoice,
  closingVia,
  type Context,
  encode,
  FixedState,
  spaced,
  styled,
  type ValueEnd,
} from './json-state.ts'
import { keyGuide } from './key-guide.ts'
import { startKey } from './key-text.ts'
import type { ChildStep, ObjectPosition, Verdict } from './plans.ts'
import { TextState } from './text-state.ts'

const COMMA = 0x2c
const QUOTE = 0x22
const CLOSE = 0x7d
const colon = encode(':')

/** Members with canonical texts where they are kept, the last one first. */
interface Kept {
  readonly member: string
  readonly before: Kept | undefined
}

/** After the opening brace. */
export function startObject(context: Context, position: ObjectPosition, end: ValueEnd): State {
  return afterChoice(context, 'opening', (chosen) => new ObjectState(chosen, position, end, true, undefined))
}

/** Before the first member, or after one. */
class ObjectState implements State {
  readonly canEnd = false
  private readonly context: Context
  private readonly position: ObjectPosition
  private readonly end: ValueEnd
  private readonly first: boolean
  private readonly kept: Kept | undefined
  private ended: State | undefined | null = null
  private key: State | undefined | null = null

  constructor(context: Context, position: ObjectPosition, end: ValueEnd, first: boolean, kept: Kept | undefined) {
    this.context = context
    this.position = position
    this.end = end
    this.first = first
    this.kept = kept
  }

  next(byte: number): State | undefined {
    if (byte === CLOSE) return (this.ended = this.ended === null ? this.finish() : this.ended)
    if (byte !== (this.first ? QUOTE : COMMA)) return undefined
    if (this.key === null) this.key = this.beginKey()
    return this.key
  }

  closing(): Uint8Array | undefined {
    return this.closingFrom(this.position) ?? this.closingFrom(this.position.meetingGoals())
  }

  /** By what is still needed at a place; what is around may ask for more than that. */
  private closingFrom(position: ObjectPosition): Uint8Array | undefined {
    const rest = restOf(position)
    if (typeof rest === 'string') return undefined
    const members = rest.parts.join()
    return closingVia(this, encode(styled(this.context, `${this.first || members === '' ? '' : ','}${members}}`)))
  }

  private finish(): State | undefined {
    const verdict = this.position.verdict()
    return verdict && this.end.end(verdict, this.end.captures ? canonical(this.kept) : undefined)
  }

  /** The state after the key's opening quote, or after the comma. */
  private beginKey(): State | undefined {
    const guide = keyGuide(this.position)
    if (!guide.any()) return undefined
    const { plainKeys } = this.context.engine.style
    const text = (context: Context): State =>
      new TextState(startKey(this.position, guide, plainKeys, (key, step) => this.afterKey(context, key, step)))
    if (this.first) return text(this.context)
    return afterChoice(this.context, 'comma', (chosen) => new FixedState(encode('"'), 0, () => text(chosen)))
  }

  private afterKey(context: Context, key: string, step: ChildStep<ObjectPosition>): State {
    const value = () =>
      afterChoice(context, 'colon', (chosen) =>
        chosen.value(step.plan, new MemberEnd(chosen, key, step, this.end, this.kept)),
      )
    return spaced(context.gaps.beforeColon, new FixedState(colon, 0, value))
  }
}

class MemberEnd implements ValueEnd {
  readonly captures: boolean
  readonly depth: number
  private readonly context: Context
  private readonly key: string
  private readonly step: ChildStep<ObjectPosition>
  private readonly outer: ValueEnd
  private readonly kept: Kept | undefined
  private readonly after = new Map<ObjectPosition, State>()

  constructor(context: Context, key: string, step: ChildStep<ObjectPosition>, outer: ValueEnd, kept: Kept | undefined) {
    this.context = context
    this.key = key
    this.step = step
    this.outer = outer
    this.kept = kept
    this.captures = outer.captures
    this.depth = outer.depth + 1
  }

  end(verdict: Verdict, canonicalValue: string | undefined): State | undefined {
    const position = this.step.after(verdict, canonicalValue)
    if (position === undefined || !canStillEnd(position)) return undefined
    if (!this.captures) {
      let state = this.after.get(position)
      if (state === undefined) this.after.set(position, (state = this.stateAt(position, undefined)))
      return state
    }
    return this.stateAt(position, { member: `${JSON.stringify(this.key)}:${canonicalValue}`, before: this.kept })
  }

  private stateAt(position: ObjectPosition, kept: Kept | undefined): State {
    const state = new ObjectState(this.context, position, this.outer, false, kept)
    return spaced(this.context.gaps.closing, state)
  }
}

/** With sorted members: their order makes no difference. */
function canonical(kept: Kept | undefined): string {
  const members: string[] = []
  for (let at = kept; at !== undefined; at = at.before) members.push(at.member)
  return `{${members.sort().join()}}`
}
