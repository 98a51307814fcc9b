/**
 * A string value or key on its way: every automaton that the formula speaks of, side by side, and a count of the characters. What is
 * demanded is settled at the closing quote; before it, texts that can no longer satisfy the formula are left.
 */
import type { CharacterKinds, CharacterRun } from '../grammar.ts'
import type { CharacterState } from '../regex/index.ts'
import { type JointSamples, jointKinds, jointSamples } from './joint-kinds.ts'
import { jsonExits, withJsonExits } from './text-characters.ts'
import { mostCharacters, simplifiedByTotal } from './text-demands.ts'
import {
  createLogic,
  type Atom,
  type AtomOf,
  atomsOf,
  conjuncts,
  evaluate,
  FALSE,
  type Formula,
  type Logic,
  TRUE,
} from './formula.ts'

export interface TextPosition {
  /** After one more character, or undefined where no text that goes on so can be accepted. */
  next(code: number): TextPosition | undefined
  /** Whether some character of `first..last` may come next; may be wrong about yes, never about no. */
  allowsAny(first: number, last: number): boolean
  /** Which goals the text satisfies as it is; undefined where it may not end here. */
  verdict(): readonly boolean[] | undefined
  /** Characters of a short way to an end, undefined where none was found. */
  closing(): readonly number[] | undefined
  /** Other ways, such as goals ask for. */
  otherClosings(): Iterable<readonly number[]>
  /** Characters outside these are legal in runs of up to `room`; undefined where that cannot be said. */
  readonly exits: ReadonlySet<number> | undefined
  readonly room: number
  /** What decides about characters, where it is worth telling them apart by kind. */
  readonly characterRun: CharacterRun | undefined
  /** Whether some hundred more characters of a run make no difference. */
  readonly isFarFromLimits: boolean
}

export interface TextPlan {
  /** Undefined where no text satisfies the formula. */
  readonly start: TextPosition | undefined
  /** The verdict on all texts, where they get the same one. */
  readonly settled: readonly boolean[] | undefined
  examples(count: number): TextExamples
}

/** Different texts that are accepted, short ones first. */
export interface TextExamples {
  readonly texts: readonly (readonly number[])[]
  /** Whether there are no others. */
  readonly complete: boolean
}

/** Further than a token's run and what may follow it within a token. */
const farCharacters = 600
/** Most positions tried to find an end. */
const mostTried = 2_000
/** Most positions looked at for examples. */
const mostLooked = 200
/** Plans without any demand, by the verdicts on their goals: the same for all schemas. */
const freePlans = new Map<string, TextPlan>()

/** `goals` get a verdict each; `total` has to hold. */
export function createTextPlan(logic: Logic, goals: readonly Formula[], total: Formula): TextPlan {
  if (total !== TRUE || goals.some((goal) => goal.kind !== 'constant')) return buildTextPlan(logic, goals, total)
  const key = goals.map((goal) => goal.id).join()
  let plan = freePlans.get(key)
  // A logic of its own, so that no schema is kept.
  if (plan === undefined) freePlans.set(key, (plan = buildTextPlan(createLogic(), goals, total)))
  return plan
}

function buildTextPlan(logic: Logic, givenGoals: readonly Formula[], givenTotal: Formula): TextPlan {
  const { goals, total } = simplifiedByTotal(logic, givenGoals, givenTotal)
  const atoms = atomsOf([total, ...goals])
  const automata = atoms.filter((atom): atom is AtomOf<'text-automaton'> => atom.kind === 'text-automaton')
  const lengths = atoms.filter((atom): atom is AtomOf<'text-length'> => atom.kind === 'text-length')
  const keepsText = atoms.some((atom) => atom.kind === 'text-test')
  const indexOf = new Map<Atom, number>(automata.map((atom, index) => [atom, index]))
  /** From here on the length makes no difference. */
  const longest = Math.max(0, ...lengths.map((atom) => atom.least))
  const thresholds = new Set(lengths.map((atom) => atom.least))
  const most = mostCharacters(total)
  const required = conjuncts(total).flatMap((part) => (part.kind === 'atom' ? (indexOf.get(part.atom) ?? []) : []))
  /** Whether the demands may contradict each other although each can still be met. */
  const entangled = automata.length > 1 || (automata.length === 1 && lengths.length > 0)
  /** Then few characters follow, and telling all others apart is more work than trying them. */
  const listed = required.find((index) => automata[index].texts !== undefined) ?? -1
  const isOneOfTexts = listed >= 0
  const kinds: CharacterKinds | undefined =
    keepsText || isOneOfTexts ? undefined : jointKinds(automata.map((atom) => atom.start))
  const known = new Map<string, Position>()
  const automatonIds = new Map<CharacterState, number>()
  const exampleLists = new Map<number, TextExamples>()
  let sampled: JointSamples | undefined
  const jointly = (): JointSamples => (sampled ??= jointSamples(automata.map((atom) => atom.start)))

  class Position implements TextPosition {
    readonly states: readonly (CharacterState | undefined)[]
    readonly length: number
    readonly text: string | undefined
    found: readonly number[] | 'none' | 'unknown' | undefined
    asRun: Run | undefined
    private satisfiable: boolean | undefined
    private decided: readonly boolean[] | 'open' | undefined
    private run: { readonly exits: ReadonlySet<number> | undefined; readonly room: number } | undefined

    constructor(states: readonly (CharacterState | undefined)[], length: number, text: string | undefined) {
      this.states = states
      this.length = length
      this.text = text
    }

    next(code: number): Position | undefined {
      if (this.length >= most) return undefined
      let changed = false
      const states = this.states.map((state) => {
        const after = state?.acceptsAll === true ? state : state?.next(code)
        changed ||= after !== state
        return after
      })
      const length = Math.min(this.length + 1, longest)
      const text = this.text === undefined ? undefined : this.text + String.fromCodePoint(code)
      if (!changed && length === this.length && text === undefined) return this
      const after = positionOf(states, length, text)
      if (!after.isOpen(this)) return undefined
      return entangled && after.search() === 'none' ? undefined : after
    }

    allowsAny(first: number, last: number): boolean {
      if (this.length >= most || !required.every((index) => this.states[index]?.allowsAny(first, last) === true))
        return false
      const simple = required.length === automata.length && !entangled
      if (simple) return true
      return jointly()
        .within(first, last)
        .some((code) => this.next(code) !== undefined)
    }

    verdict(): readonly boolean[] | undefined {
      if (this.decided === undefined) {
        const truth = (atom: Atom) => this.truthOf(atom)
        this.decided = evaluate(total, truth) ? goals.map((goal) => evaluate(goal, truth)) : 'open'
      }
      return this.decided === 'open' ? undefined : this.decided
    }

    closing(): readonly number[] | undefined {
      const found = this.search()
      return typeof found === 'string' ? undefined : found
    }

    *otherClosings(): Iterable<readonly number[]> {
      for (const state of this.states) {
        const way = state?.shortest()
        if (way !== undefined && this.after(way)?.verdict() !== undefined) yield way
      }
    }

    get exits(): ReadonlySet<number> | undefined {
      return (this.run ??= this.findRun()).exits
    }

    get room(): number {
      return (this.run ??= this.findRun()).room
    }

    get characterRun(): CharacterRun | undefined {
      const isOpen = this.states.some((state) => state !== undefined && !state.acceptsAll)
      return isOpen && kinds !== undefined ? (this.asRun ??= new Run(this, kinds)) : undefined
    }

    get isFarFromLimits(): boolean {
      return !keepsText && lengths.every(({ least }) => least <= this.length || least > this.length + farCharacters)
    }

    /** A short way to an end; `none` is certain, `unknown` where looking took too long. */
    search(): readonly number[] | 'none' | 'unknown' {
      return (this.found ??= this.shortcut() ?? this.explore())
    }

    private truthOf(atom: Atom): boolean {
      if (atom.kind === 'text-length') return this.length >= atom.least
      if (atom.kind === 'text-test') return atom.test(this.text ?? '')
      return this.states[indexOf.get(atom) as number]?.canEnd === true
    }

    /** The ways that mostly work: what one automaton wants, or enough characters. */
    private shortcut(): readonly number[] | 'none' | undefined {
      if (this.verdict() !== undefined) return []
      for (const index of required) {
        const state = this.states[index]
        if (state === undefined || state.minCharacters > most - this.length) return 'none'
      }
      for (const state of this.states) {
        if (state === undefined || state.canEnd) continue
        const way = state.shortest()
        if (this.after(way)?.verdict() !== undefined) return way
      }
      return automata.length === 0 && !keepsText ? this.padding() : undefined
    }

    /** With lengths alone in play: the first count that is accepted. */
    private padding(): readonly number[] | 'none' {
      for (const least of [...thresholds].sort((a, b) => a - b)) {
        if (least > this.length && least <= most && positionOf([], least, undefined).verdict() !== undefined) {
          return new Array<number>(least - this.length).fill(0x61)
        }
      }
      return 'none'
    }

    private after(way: readonly number[]): Position | undefined {
      let { states, length, text } = this as Pick<Position, 'states' | 'length' | 'text'>
      for (const code of way) {
        if (length >= most) return undefined
        states = states.map((state) => (state?.acceptsAll === true ? state : state?.next(code)))
        length = Math.min(length + 1, longest)
        if (text !== undefined) text += String.fromCodePoint(code)
      }
      return positionOf(states, length, text)
    }

    /** Breadth first over what the samples lead to. */
    private explore(): readonly number[] | 'none' | 'unknown' {
      const tests = atoms.filter((atom): atom is AtomOf<'text-test'> => atom.kind === 'text-test')
      for (const { example } of tests) {
        const way = Array.from(example, (character) => character.codePointAt(0) as number)
        if (this.text === '' && this.after(way)?.verdict() !== undefined) return way
      }
      if (keepsText) return 'unknown'
      const cameBy = new Map<Position, { readonly from: Position | undefined; readonly code: number }>()
      cameBy.set(this, { from: undefined, code: -1 })
      for (const position of cameBy.keys()) {
        if (position.verdict() !== undefined) return wayTo(position, cameBy)
        if (cameBy.size > mostTried) return 'unknown'
        for (const { code, next } of position.followers()) {
          if (!cameBy.has(next)) cameBy.set(next, { from: position, code })
        }
      }
      // Nor does any of the others.
      for (const position of cameBy.keys()) position.found = 'none'
      return 'none'
    }

    /** Places one character on, each once. */
    *followers(): Iterable<{ readonly code: number; readonly next: Position }> {
      if (this.length >= most) return
      // Where only some texts are allowed, none but their characters count.
      const codes = (isOneOfTexts ? this.states[listed]?.samples : undefined) ?? jointly().all
      const seen = new Set<Position>()
      for (const code of codes) {
        const next = this.after([code])
        if (next === undefined || seen.has(next)) continue
        seen.add(next)
        if (next.isOpen(this)) yield { code, next }
      }
    }

    /** Whether the formula is not false for certain, coming from a place where it was not. */
    private isOpen(before: Position): boolean {
      const settled = this.states.some(
        (state, index) => state !== before.states[index] && (state === undefined || state.acceptsAll),
      )
      return (!settled && !thresholds.has(this.length)) || this.isSatisfiable()
    }

    private isSatisfiable(): boolean {
      return (this.satisfiable ??= simplified(this.states, this.length) !== FALSE)
    }

    private findRun(): { readonly exits: ReadonlySet<number> | undefined; readonly room: number } {
      const open = this.states.filter((state) => state !== undefined && !state.acceptsAll)
      if (open.length > 1) return { exits: undefined, room: 0 }
      const room = most - this.length
      if (open.length === 0) return entangled ? this.runUnlessFalse(room) : { exits: jsonExits, room }
      const state = open[0] as CharacterState
      const loop = state.loopExits
      if (loop === undefined || (entangled && most !== Infinity && !state.canEnd)) return { exits: undefined, room: 0 }
      return { exits: withJsonExits(loop), room }
    }

    private runUnlessFalse(room: number): { readonly exits: ReadonlySet<number> | undefined; readonly room: number } {
      // With all automata settled only lengths are left, and a maximum is in `room`.
      const settled = simplified(this.states, 0)
      return settled === FALSE ? { exits: undefined, room: 0 } : { exits: jsonExits, room }
    }
  }

  /** A position as what masks walk along. */
  class Run implements CharacterRun {
    readonly exits = jsonExits
    readonly kinds: CharacterKinds
    private readonly position: Position

    constructor(position: Position, kinds: CharacterKinds) {
      this.position = position
      this.kinds = kinds
    }

    next(code: number): Run | undefined {
      const next = jsonExits.has(code) ? undefined : this.position.next(code)
      return next && (next.asRun ??= new Run(next, this.kinds))
    }
  }

  /** Codes from the start of a search to `end`; the places in between are given their part of it. */
  function wayTo(
    end: Position,
    cameBy: ReadonlyMap<Position, { readonly from: Position | undefined; readonly code: number }>,
  ): readonly number[] {
    let rest: readonly number[] = []
    end.found = rest
    for (let step = cameBy.get(end); step?.from !== undefined; step = cameBy.get(step.from)) {
      rest = [step.code, ...rest]
      step.from.found = rest
    }
    return rest
  }

  function positionOf(
    states: readonly (CharacterState | undefined)[],
    length: number,
    text: string | undefined,
  ): Position {
    if (text !== undefined) return new Position(states, length, text)
    let key = String(length)
    for (const state of states) key += ` ${state === undefined ? '' : idOf(state)}`
    let position = known.get(key)
    if (position === undefined) known.set(key, (position = new Position(states, length, undefined)))
    return position
  }

  function idOf(state: CharacterState): number {
    let id = automatonIds.get(state)
    if (id === undefined) automatonIds.set(state, (id = automatonIds.size))
    return id
  }

  /** The formula with all that is certain. */
  function simplified(states: readonly (CharacterState | undefined)[], length: number): Formula {
    return logic.rewrite(total, (atom, whole) => {
      if (atom.kind === 'text-length') return length >= atom.least ? TRUE : whole
      if (atom.kind !== 'text-automaton') return whole
      const state = states[indexOf.get(atom) as number]
      if (state === undefined) return FALSE
      return state.acceptsAll ? TRUE : whole
    })
  }

  const first = positionOf(
    automata.map((atom) => atom.start),
    0,
    keepsText ? '' : undefined,
  )
  const dead = total === FALSE || simplified(first.states, 0) === FALSE || first.search() === 'none'
  const same = !dead && goals.every((goal) => goal.kind === 'constant')
  return { start: dead ? undefined : first, settled: same ? goals.map((goal) => goal === TRUE) : undefined, examples }

  function examples(count: number): TextExamples {
    let known = exampleLists.get(count)
    if (known === undefined) exampleLists.set(count, (known = findExamples(count)))
    return known
  }

  function findExamples(count: number): TextExamples {
    const found = new Map<string, readonly number[]>()
    const shortest = dead ? undefined : first.closing()
    if (shortest !== undefined) found.set(shortest.join(), shortest)
    let complete = true
    const ways: { readonly way: number[]; readonly position: Position }[] = dead ? [] : [{ way: [], position: first }]
    let looked = 0
    for (const { way, position } of ways) {
      if (position.verdict() !== undefined) found.set(way.join(), way)
      if (found.size >= count || ++looked > mostLooked) return { texts: [...found.values()], complete: false }
      for (const { code, next } of position.followers()) {
        complete = false
        ways.push({ way: [...way, code], position: next })
      }
    }
    // One character stands for all that lead to the same place, so only the lack of any is certain.
    return { texts: [...found.values()], complete }
  }
}
