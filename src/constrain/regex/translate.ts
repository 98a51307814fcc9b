/**
 * Turns syntax into an expression for the whole text: search becomes "anything before and after", and what looks around (anchors,
 * boundaries, look-ahead) becomes a condition on the rest of the text, by translating each part with what follows it in hand.
 */
import { OstroError } from '../../util/error.ts'
import type { Alphabet } from './alphabet.ts'
import type { CharacterSet } from './character-set.ts'
import type { Expression, Expressions } from './expression.ts'
import { ANY, WORD } from './named-sets.ts'
import { canBeEmpty, hasAssertion, type Syntax } from './syntax.ts'

/** What stands before a place: nothing, a character of a word, another one. */
type Before = 'start' | 'word' | 'other'
/** What follows a part, given what stands before the place behind it. */
type Rest = (before: Before) => Expression

/** Most copies made of a repeated part that looks around. */
const MOST_COPIES = 16

/** The expression of all texts that `syntax` matches: as a whole where `anchored`, else somewhere in them. */
export function translate(syntax: Syntax, alphabet: Alphabet, expressions: Expressions, anchored: boolean): Expression {
  const { nothing, empty, anything, sequence, union, intersection, complement, repeat, loop, set, derivative } =
    expressions
  const inText = new Set(alphabet.classesOf(ANY))
  const setFor = (characters: CharacterSet): Expression =>
    set(alphabet.classesOf(characters).filter((member) => inText.has(member)))
  const facts = findFacts(syntax)
  const wordClasses = facts.boundary ? new Set(alphabet.classesOf(WORD)) : new Set<number>()
  const wordSet = set([...wordClasses].filter((member) => inText.has(member)))
  const otherSet = set([...inText].filter((member) => !wordClasses.has(member)))
  const startsWithWord = sequence(wordSet, anything)
  const plains = new Map<Syntax, Expression>()
  let looped = false

  if (anchored) return part(syntax, 'start', () => empty)
  const found = remembered((before) => part(syntax, before, () => anything))
  return before(anything, 'start', found)

  /** `syntax`, then `rest`. */
  function part(syntax: Syntax, at: Before, rest: Rest): Expression {
    if (!hasAssertion(syntax)) return before(plain(syntax), at, rest)
    switch (syntax.kind) {
      case 'set':
        return before(plain(syntax), at, rest)
      case 'sequence':
        return parts(groupPlain(syntax.parts), 0, at, rest)
      case 'alternation': {
        const shared = remembered(rest)
        return union(syntax.options.map((option) => part(option, at, shared)))
      }
      case 'repeat':
        return copies(syntax, at, remembered(rest))
      case 'start':
        return at === 'start' ? rest('start') : nothing
      case 'end':
        return rest(at).nullable ? empty : nothing
      case 'boundary':
        return ahead(startsWithWord, (at === 'word') !== syntax.negated, rest(at))
      case 'look-ahead':
        return ahead(
          part(syntax.body, at, () => anything),
          syntax.negated,
          rest(at),
        )
      default:
        return syntax satisfies never
    }
  }

  function parts(sequenceParts: readonly Syntax[], index: number, at: Before, rest: Rest): Expression {
    if (index === sequenceParts.length) return rest(at)
    return part(
      sequenceParts[index],
      at,
      remembered((next) => parts(sequenceParts, index + 1, next, rest)),
    )
  }

  /** The texts of `rest` that are, or where `negated` are not, of `condition`. */
  function ahead(condition: Expression, negated: boolean, rest: Expression): Expression {
    const byClass = [...inText].map((member) => ({ member, after: derivative(condition, member) }))
    // What follows within a loop that is still being built cannot be asked for.
    if (looped || byClass.some(({ after }) => after !== anything && after !== nothing)) {
      return intersection([negated ? complement(condition) : condition, rest])
    }
    // The first character decides: written out, this needs no intersection.
    const ways = new Map<Expression, number[]>()
    for (const { member, after } of byClass) {
      if ((after === anything) === negated) continue
      const behind = derivative(rest, member)
      const members = ways.get(behind)
      if (members) members.push(member)
      else ways.set(behind, [member])
    }
    const began = [...ways].map(([behind, members]) => sequence(set(members.sort((a, b) => a - b)), behind))
    return union(rest.nullable && condition.nullable !== negated ? [empty, ...began] : began)
  }

  function copies(syntax: Extract<Syntax, { kind: 'repeat' }>, at: Before, rest: Rest): Expression {
    const { body, min, max } = syntax
    const endless = max === Infinity
    if (endless && canBeEmpty(body)) {
      throw refused('a repeated part with an anchor, boundary or look-ahead that takes at least one character')
    }
    const most = endless ? min : max
    if (most > MOST_COPIES)
      throw refused(`at most ${MOST_COPIES} repetitions of a part with an anchor, boundary or look-ahead`)
    const again: Rest = remembered((place) => {
      looped = true
      const end = rest(place)
      return loop(end.nullable, () => union([end, part(body, place, again)]))
    })
    const from = (count: number): Rest =>
      remembered((place) => {
        if (count === most) return endless ? again(place) : rest(place)
        const more = part(body, place, from(count + 1))
        return count >= min ? union([rest(place), more]) : more
      })
    return from(0)(at)
  }

  /** `expression`, then `rest` with what it left before itself. */
  function before(expression: Expression, at: Before, rest: Rest): Expression {
    if (!facts.start && !facts.boundary) return sequence(expression, rest('other'))
    const afterOther = rest('other')
    const afterWord = facts.boundary ? rest('word') : afterOther
    const unmoved = expression.nullable ? rest(at) : nothing
    const moved = expression.nullable && !sameRest(unmoved, afterOther, afterWord) ? someOf(expression) : expression
    if (afterOther === afterWord) return union([unmoved, sequence(moved, afterOther)])
    return union([
      unmoved,
      sequence(endingIn(moved, wordSet), afterWord),
      sequence(endingIn(moved, otherSet), afterOther),
    ])
  }

  function sameRest(unmoved: Expression, afterOther: Expression, afterWord: Expression): boolean {
    return unmoved === afterOther && afterOther === afterWord
  }

  /** The texts of `expression` but the empty one. */
  function someOf(expression: Expression): Expression {
    if (expression.kind === 'repeat' && expression.min === 0 && !expression.body.nullable) {
      return repeat(expression.body, 1, expression.max)
    }
    return intersection([expression, complement(empty)])
  }

  /** The texts of `expression` whose last character is of `last`. */
  function endingIn(expression: Expression, last: Expression): Expression {
    const members = last.kind === 'set' ? last.has : new Uint8Array(0)
    if (expression.kind === 'set') return set(expression.classes.filter((member) => members[member] === 1))
    if (expression.kind === 'sequence') {
      const { first, rest } = expression
      const inRest = sequence(first, endingIn(rest.nullable ? someOf(rest) : rest, last))
      return rest.nullable ? union([inRest, endingIn(first, last)]) : inRest
    }
    if (expression.kind === 'repeat' && expression.body.kind === 'set') {
      const less = repeat(expression.body, Math.max(0, expression.min - 1), expression.max - 1)
      return sequence(less, endingIn(expression.body, last))
    }
    return intersection([expression, sequence(anything, last)])
  }

  function plain(syntax: Syntax): Expression {
    let known = plains.get(syntax)
    if (!known) plains.set(syntax, (known = translatePlain(syntax)))
    return known
  }

  function translatePlain(syntax: Syntax): Expression {
    switch (syntax.kind) {
      case 'set':
        return setFor(syntax.set)
      case 'sequence':
        return syntax.parts.reduceRight((rest, item) => sequence(plain(item), rest), empty)
      case 'alternation':
        return union(syntax.options.map(plain))
      case 'repeat':
        return repeat(plain(syntax.body), syntax.min, syntax.max)
      case 'start':
      case 'end':
      case 'boundary':
      case 'look-ahead':
        throw new TypeError('plain syntax has no assertions')
      default:
        return syntax satisfies never
    }
  }
}

function refused(expected: string): OstroError {
  return new OstroError(
    'unsupported',
    `regular expression: expected ${expected}, got another one. Write the pattern without it.`,
  )
}

/** Joins neighbours without assertions, so that only those with one are nested. */
function groupPlain(parts: readonly Syntax[]): Syntax[] {
  const grouped: Syntax[] = []
  let run: Syntax[] = []
  const close = (): void => {
    if (run.length > 0) grouped.push(run.length === 1 ? run[0] : { kind: 'sequence', parts: run })
    run = []
  }
  for (const part of parts) {
    if (!hasAssertion(part)) run.push(part)
    else {
      close()
      grouped.push(part)
    }
  }
  close()
  return grouped
}

function remembered(rest: Rest): Rest {
  const known = new Map<Before, Expression>()
  return (before) => {
    let found = known.get(before)
    if (!found) known.set(before, (found = rest(before)))
    return found
  }
}

interface Facts {
  readonly start: boolean
  readonly boundary: boolean
}

function findFacts(syntax: Syntax): Facts {
  let start = false
  let boundary = false
  const look = (part: Syntax): void => {
    if (part.kind === 'start') start = true
    else if (part.kind === 'boundary') boundary = true
    else if (part.kind === 'sequence') part.parts.forEach(look)
    else if (part.kind === 'alternation') part.options.forEach(look)
    else if (part.kind === 'repeat' || part.kind === 'look-ahead') look(part.body)
  }
  look(syntax)
  return { start, boundary }
}
