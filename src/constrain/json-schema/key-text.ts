/** Within the quotes of a key: as far as it is written, which keys can it still become? */
import type { CharacterRun, State } from '../grammar.ts'
import type { CharacterState } from '../regex/index.ts'
import { areKeysFree, type KeyGuide } from './key-guide.ts'
import { keyRun } from './key-run.ts'
import type { ChildStep, ObjectPosition } from './plans.ts'
import { jsonExits } from './text-characters.ts'
import type { TextPosition } from './text-plan.ts'
import type { TextSink } from './text-state.ts'

type AfterKey = (key: string, step: ChildStep<ObjectPosition>) => State

/** Before the first character of a key. */
export function startKey(position: ObjectPosition, guide: KeyGuide, plain: boolean, after: AfterKey): TextSink {
  const shared = { position, guide, after, plain, free: areKeysFree(position, guide) }
  const { eachKey } = position
  return new KeyText(shared, '', 0, guide.sorted.length, guide.patterns, eachKey)
}

interface Shared {
  readonly position: ObjectPosition
  readonly guide: KeyGuide
  readonly after: AfterKey
  /** Whether listed keys have no escapes but those that they need. */
  readonly plain: boolean
  /** Whether every text is the start of a possible key. */
  readonly free: boolean
}

class KeyText implements TextSink {
  private readonly shared: Shared
  private readonly text: string
  /** `sorted[from..to)` are the listed names that begin with the text. */
  private readonly from: number
  private readonly to: number
  private readonly patterns: readonly CharacterState[]
  /** Where the text is in what every key must be. */
  private readonly each: TextPosition | undefined

  constructor(
    shared: Shared,
    text: string,
    from: number,
    to: number,
    patterns: readonly CharacterState[],
    each: TextPosition | undefined,
  ) {
    this.shared = shared
    this.text = text
    this.from = from
    this.to = to
    this.patterns = patterns
    this.each = each
  }

  next(code: number): KeyText | undefined {
    const { guide, free } = this.shared
    const each = this.each?.next(code)
    if (this.each !== undefined && each === undefined) return undefined
    const text = this.text + String.fromCodePoint(code)
    const from = this.from < this.to ? lowerBound(guide.sorted, text, this.from, this.to) : this.to
    const to = from < this.to ? upperBound(guide.sorted, text, from, this.to) : from
    const patterns =
      this.patterns.length === 0 ? this.patterns : this.patterns.flatMap((state) => state.next(code) ?? [])
    if (!free && !guide.others && patterns.length === 0 && !guide.allowsListed(from, to)) return undefined
    // So as not to walk into a key that is there already and can become no other.
    const stuck =
      !free && this.shared.position.isUsedPrefix(text) && !guide.allowsListed(from, to) && !guide.leadsOn(text)
    return stuck ? undefined : new KeyText(this.shared, text, from, to, patterns, each)
  }

  allowsAny(first: number, last: number): boolean {
    if (this.each?.allowsAny(first, last) === false) return false
    if (this.shared.guide.others || this.patterns.some((state) => state.allowsAny(first, last))) return true
    for (let index = this.from; index < this.to; index++) {
      const code = this.shared.guide.sorted[index].codePointAt(this.text.length) ?? -1
      if (code >= first && code <= last && this.shared.guide.allowsListed(index, index + 1)) return true
    }
    return false
  }

  end(): State | undefined {
    const { position, guide, after } = this.shared
    if (!guide.allows(this.text)) return undefined
    const step = position.member(this.text)
    return step && after(this.text, step)
  }

  closing(): readonly number[] | undefined {
    const { guide } = this.shared
    for (const key of this.possible()) if (guide.allows(key)) return codesOf(key.slice(this.text.length))
    return undefined
  }

  otherClosings(): Iterable<readonly number[]> {
    return [...this.possible()]
      .filter((key) => this.shared.guide.allows(key))
      .map((key) => codesOf(key.slice(this.text.length)))
  }

  get exits(): ReadonlySet<number> | undefined {
    return this.shared.free ? jsonExits : undefined
  }

  get room(): number {
    return Infinity
  }

  get characterRun(): CharacterRun | undefined {
    const { position, guide, free } = this.shared
    return free ? undefined : keyRun(position.names, guide, this.patterns, this.each)
  }

  get runExceptions(): readonly string[] {
    return this.known()
  }

  get mayEscape(): boolean {
    const { guide, plain, free } = this.shared
    if (!plain || free || guide.others || this.patterns.length > 0) return true
    for (let index = this.from; index < this.to; index++) {
      const next = guide.sorted[index].charCodeAt(this.text.length)
      // Half a pair by itself has no other way to be written.
      if (jsonExits.has(next) || (next >= 0xd800 && next < 0xe000)) return true
    }
    return false
  }

  get recurs(): boolean {
    return false
  }

  get exceptions(): readonly string[] | undefined {
    const { names } = this.shared.position
    const tellsApart = names.patterns.length > 0 || names.distinctions.length > 0
    return tellsApart || this.patterns.length > 0 || this.each !== undefined ? undefined : this.known()
  }

  /** What is left of names and of keys in use that begin so. */
  private known(): readonly string[] {
    const { guide, position } = this.shared
    const known = [...guide.sorted.slice(this.from, this.to), ...position.usedKeys(this.text)]
    return known.map((name) => name.slice(this.text.length))
  }

  /** By what is left of the keys that are not in use. */
  private unused(): string[] {
    const rest = this.shared.guide.closing(this.text)
    return rest === undefined ? [] : [this.text + String.fromCodePoint(...rest)]
  }

  private *possible(): Iterable<string> {
    for (const name of this.shared.position.names.listed) if (name.startsWith(this.text)) yield name
    for (const state of this.patterns) {
      const stem = this.text + String.fromCodePoint(...state.shortest())
      for (const suffix of ['', 'a', '0', 'b', '1', 'aa', 'aaa']) yield stem + suffix
    }
    if (!this.shared.free) yield* this.unused()
    const each = this.each?.closing()
    if (each !== undefined) yield this.text + String.fromCodePoint(...each)
    for (const suffix of ['', 'a', '0', 'b', '1', '_', 'aa', 'ab', 'aaa', '~']) yield this.text + suffix
  }
}

function codesOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) as number)
}

/** The first index whose name is not before `text`. */
function lowerBound(sorted: readonly string[], text: string, from: number, to: number): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < text) low = middle + 1
    else high = middle
  }
  return low
}

/** The first index from there on whose name does not begin with `text`. */
function upperBound(sorted: readonly string[], text: string, from: number, to: number): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle].startsWith(text)) low = middle + 1
    else high = middle
  }
  return low
}
