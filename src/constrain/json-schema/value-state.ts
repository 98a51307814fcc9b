/** Before a value: its first byte tells the type. */
import type { CharacterRun, State } from '../grammar.ts'
import { startArray } from './array-state.ts'
import { candidates, canEnd, exampleOf } from './completion.ts'
import { closingVia, type Context, encode, FixedState, styled, type ValueEnd } from './json-state.ts'
import { startNumber } from './number-state.ts'
import { startObject } from './object-state.ts'
import type { Engine, ValuePlan, Verdict } from './plans.ts'
import type { TextPosition } from './text-plan.ts'
import type { Gaps } from './style.ts'
import { type TextSink, TextState } from './text-state.ts'

const QUOTE = 0x22
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const literals = { 0x6e: 'null', 0x74: 'true', 0x66: 'false' } as const

const letters: readonly number[] = Array.from({ length: 26 }, (_, index) => 0x61 + index)

/** Most values tried to close a value that has not begun. */
const mostTried = 12

export function createContext(engine: Engine): Context {
  const contexts = new Map<Gaps, Context>()
  const inStyle = (gaps: Gaps): Context => {
    let context = contexts.get(gaps)
    if (context === undefined) {
      const created: Context = { engine, gaps, inStyle, value: (plan, end) => new ValueState(created, plan, end) }
      contexts.set(gaps, (context = created))
    }
    return context
  }
  return inStyle(engine.style.gaps)
}

class ValueState implements State {
  readonly canEnd = false
  private readonly context: Context
  private readonly plan: ValuePlan
  private readonly end: ValueEnd
  private readonly known = new Map<number, State | undefined>()

  constructor(context: Context, plan: ValuePlan, end: ValueEnd) {
    this.context = context
    this.plan = plan
    this.end = end
  }

  next(byte: number): State | undefined {
    if (this.known.has(byte)) return this.known.get(byte)
    const state = this.begin(byte)
    this.known.set(byte, state)
    return state
  }

  closing(): Uint8Array | undefined {
    const first = exampleOf(this.plan)
    if (first === 'none') return undefined
    if (first !== 'unknown') {
      const closing = closingVia(this, encode(styled(this.context, first.text)))
      if (closing !== undefined) return closing
    }
    let tried = 0
    for (const { text } of candidates(this.plan, true)) {
      const closing = closingVia(this, encode(styled(this.context, text)))
      if (closing !== undefined) return closing
      if (++tried > mostTried) break
    }
    return undefined
  }

  /** Whether a value on which the verdict is certain from its first byte may stand here. */
  private leadsOn(verdict: Verdict | undefined): boolean {
    return verdict === undefined || this.end.captures || this.end.end(verdict, undefined) !== undefined
  }

  private begin(byte: number): State | undefined {
    const { plan, end, context } = this
    switch (byte) {
      case QUOTE: {
        const start = plan.text?.start
        if (start === undefined || !this.leadsOn(plan.text?.settled)) return undefined
        return new TextState(new ValueText(start, end.captures ? '' : undefined, end))
      }
      case OPEN_ARRAY:
      case OPEN_OBJECT: {
        if (end.depth >= context.engine.style.maxDepth) return undefined
        const position = byte === OPEN_ARRAY ? plan.array : plan.object
        if (position === undefined || !canEnd(position)) return undefined
        return position.kind === 'array' ? startArray(context, position, end) : startObject(context, position, end)
      }
      case 0x6e:
      case 0x74:
      case 0x66: {
        const literal = literals[byte]
        const verdict = plan[literal]
        const after = verdict && end.end(verdict, literal)
        return after && new FixedState(encode(literal), 1, () => after)
      }
      default:
        if (plan.number === undefined || !this.leadsOn(plan.number.settled)) return undefined
        return startNumber(plan.number, context.engine.style.plainNumbers, end, byte)
    }
  }
}

/** A string value. */
class ValueText implements TextSink {
  private readonly position: TextPosition
  /** Kept where the content is asked for. */
  private readonly text: string | undefined
  private readonly valueEnd: ValueEnd
  /** Where no content is kept, texts that lead to the same position share it. */
  private readonly shared: Map<TextPosition, ValueText>

  constructor(
    position: TextPosition,
    text: string | undefined,
    valueEnd: ValueEnd,
    shared: Map<TextPosition, ValueText> = new Map(),
  ) {
    this.position = position
    this.text = text
    this.valueEnd = valueEnd
    this.shared = shared
    shared.set(position, this)
  }

  next(code: number): ValueText | undefined {
    const position = this.position.next(code)
    if (position === undefined) return undefined
    if (this.text !== undefined) return new ValueText(position, this.text + String.fromCodePoint(code), this.valueEnd)
    return this.shared.get(position) ?? new ValueText(position, undefined, this.valueEnd, this.shared)
  }

  allowsAny(first: number, last: number): boolean {
    return this.position.allowsAny(first, last)
  }

  end(): State | undefined {
    const verdict = this.position.verdict()
    return verdict && this.valueEnd.end(verdict, this.text === undefined ? undefined : JSON.stringify(this.text))
  }

  closing(): readonly number[] | undefined {
    return this.position.closing()
  }

  otherClosings(): Iterable<readonly number[]> {
    return this.text === undefined ? this.position.otherClosings() : this.othersThanSeen()
  }

  /** Where the value is compared with others, the shortest text may be there already. */
  private *othersThanSeen(): Iterable<readonly number[]> {
    yield* this.position.otherClosings()
    for (const code of letters) yield [code]
    for (const code of letters) yield [letters[0], code]
  }

  get exits(): ReadonlySet<number> | undefined {
    return this.position.exits
  }

  get room(): number {
    return this.position.room
  }

  get characterRun(): CharacterRun | undefined {
    return this.position.characterRun
  }

  get runExceptions(): readonly string[] {
    return []
  }

  get mayEscape(): boolean {
    return true
  }

  get recurs(): boolean {
    return this.text === undefined
  }

  get exceptions(): readonly string[] | undefined {
    return this.text === undefined && this.position.isFarFromLimits ? [] : undefined
  }
}
