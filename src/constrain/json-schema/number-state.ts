/** Numbers digit by digit. A number ends with the byte after it. */
import type { State } from '../grammar.ts'
import { canonicalNumber, parseDecimal } from './decimal.ts'
import { encode, joined, type ValueEnd } from './json-state.ts'
import type { NumberPlan } from './number-plan.ts'
import { mostPlainDigits } from './style.ts'

type Phase = 'minus' | 'zero' | 'whole' | 'point' | 'fraction' | 'exponent' | 'sign' | 'power'

const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const LETTER_E = 0x65

const mostPowerDigits = 2

/** The state after the first byte of a number, undefined where it begins none. */
export function startNumber(plan: NumberPlan, plain: boolean, end: ValueEnd, byte: number): State | undefined {
  const phase = byte === MINUS ? 'minus' : byte === ZERO ? 'zero' : byte > ZERO && byte <= NINE ? 'whole' : undefined
  return phase && follow(plan, plain, end, phase, String.fromCharCode(byte), 1)
}

/** In a free number only the phase counts, so that its states recur. */
const freeStates = new WeakMap<ValueEnd, Map<string, NumberState>>()

function follow(
  plan: NumberPlan,
  plain: boolean,
  end: ValueEnd,
  phase: Phase,
  text: string,
  run: number,
): NumberState | undefined {
  const mostDigits = phase === 'power' ? mostPowerDigits : Math.max(mostPlainDigits, plan.neededDigits)
  if (plain && run > mostDigits) return undefined
  if (plain && plan.wholeOnly && (phase === 'point' || phase === 'exponent')) return undefined
  if (plain && plan.stepped && phase === 'exponent') return undefined
  if (isSettled(plan, plain) && !end.captures) {
    let states = freeStates.get(end)
    if (states === undefined) freeStates.set(end, (states = new Map()))
    const key = `${phase} ${plain ? run : 0}`
    let state = states.get(key)
    if (state === undefined) states.set(key, (state = new NumberState(plan, plain, end, phase, text, run)))
    return state
  }
  const inPower = phase === 'exponent' || phase === 'sign' || phase === 'power'
  // With an exponent nearly every prefix can still become any number; where they are rare, a prefix has to do without.
  if (plain && (inPower ? plan.closing(text) === undefined : !plan.viable(text))) return undefined
  return new NumberState(plan, plain, end, phase, text, run)
}

function isSettled(plan: NumberPlan, plain: boolean): boolean {
  return plan.settled !== undefined || (plain && plan.wholeOnly && plan.settledWhole !== undefined)
}

class NumberState implements State {
  private readonly plan: NumberPlan
  private readonly plain: boolean
  private readonly end: ValueEnd
  private readonly phase: Phase
  private readonly text: string
  private readonly run: number
  private ended: State | undefined | null = null

  constructor(plan: NumberPlan, plain: boolean, end: ValueEnd, phase: Phase, text: string, run: number) {
    this.plan = plan
    this.plain = plain
    this.end = end
    this.phase = phase
    this.text = text
    this.run = run
  }

  next(byte: number): State | undefined {
    const phase = phaseAfter(this.phase, byte)
    if (phase === undefined) return this.finished()?.next(byte)
    const text = this.text + String.fromCharCode(byte)
    return follow(this.plan, this.plain, this.end, phase, text, phase === this.phase ? this.run + 1 : 1)
  }

  get canEnd(): boolean {
    return this.finished()?.canEnd === true
  }

  closing(): Uint8Array | undefined {
    const after = this.finished()
    if (after !== undefined) {
      const closing = joined(new Uint8Array(0), after)
      if (closing !== undefined) return closing
    }
    for (const rest of this.endings()) {
      const verdict = this.plan.verdict(this.text + rest)
      const state = verdict && this.end.end(verdict, this.canonical(this.text + rest))
      const closing = state && joined(encode(rest), state)
      if (closing !== undefined) return closing
    }
    return undefined
  }

  private *endings(): Iterable<string> {
    const known = this.plan.closing(this.text)
    if (known !== undefined) yield known
    if (this.plain || this.phase === 'minus' || this.phase === 'point') return
    const mark = this.phase === 'exponent' || this.phase === 'sign' || this.phase === 'power' ? '' : 'e'
    if (this.phase === 'sign' || this.phase === 'power') for (let digit = 0; digit < 10; digit++) yield String(digit)
    else for (let power = -20; power <= 20; power++) if (isWhole(this.text + mark + power)) yield mark + power
  }

  private finished(): State | undefined {
    if (this.ended === null) this.ended = this.finish()
    return this.ended
  }

  private finish(): State | undefined {
    if (this.phase === 'minus' || this.phase === 'point' || this.phase === 'exponent' || this.phase === 'sign') {
      return undefined
    }
    const settled = this.plan.settled ?? (isSettled(this.plan, this.plain) ? this.plan.settledWhole : undefined)
    const verdict = settled ?? this.plan.verdict(this.text)
    return verdict && this.end.end(verdict, this.canonical(this.text))
  }

  private canonical(text: string): string | undefined {
    return this.end.captures ? canonicalNumber(parseDecimal(text)) : undefined
  }
}

function isWhole(text: string): boolean {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)
}

function phaseAfter(phase: Phase, byte: number): Phase | undefined {
  const digit = byte >= ZERO && byte <= NINE
  switch (phase) {
    case 'minus':
      return digit ? (byte === ZERO ? 'zero' : 'whole') : undefined
    case 'zero':
    case 'whole':
      if (digit) return phase === 'whole' ? 'whole' : undefined
      return byte === POINT ? 'point' : (byte | 0x20) === LETTER_E ? 'exponent' : undefined
    case 'point':
      return digit ? 'fraction' : undefined
    case 'fraction':
      return digit ? 'fraction' : (byte | 0x20) === LETTER_E ? 'exponent' : undefined
    case 'exponent':
      return digit ? 'power' : byte === MINUS || byte === PLUS ? 'sign' : undefined
    case 'sign':
    case 'power':
      return digit ? 'power' : undefined
  }
}
