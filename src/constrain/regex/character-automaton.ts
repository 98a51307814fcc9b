/** Follows an expression character by character. States are made as they are reached and are the same object when they recur. */
import { OstroError } from '../../util/error.ts'
import { type Alphabet, createAlphabet } from './alphabet.ts'
import type { CharacterSet } from './character-set.ts'
import { createExpressions, type Expression } from './expression.ts'
import { ANY, WORD } from './named-sets.ts'
import { parseRegex } from './parse.ts'
import { findDistances, longestText, shortestText } from './reach.ts'
import type { Syntax } from './syntax.ts'
import { translate } from './translate.ts'

/** A place within a text that may still match. From each one an end is reachable: where none is, there is no state. */
export interface CharacterState {
  /** Whether the text matches as it is. */
  readonly canEnd: boolean
  /** The state after a character, or undefined where no text that goes on so matches. Lone surrogates are never legal. */
  next(codePoint: number): CharacterState | undefined
  /** Whether some character of `first..last` is legal. */
  allowsAny(first: number, last: number): boolean
  /** A small number, the same for characters that are not told apart. */
  readonly kindOf: (codePoint: number) => number
  /** Code points at which another kind may begin; between two of them all are of one kind. */
  readonly kindStarts: Iterable<number>
  /** A legal character of every kind that the pattern tells apart. */
  readonly samples: readonly number[]
  /** Characters of a shortest way to an end; empty where `canEnd`. */
  shortest(): readonly number[]
  /** The number of those. */
  readonly minCharacters: number
  /** No matching text goes on for longer than this; Infinity where there is no such bound. */
  readonly maxCharacters: number
  /** Whether every text matches from here. */
  readonly acceptsAll: boolean
  /** ASCII characters that are not legal here or lead elsewhere, where all others lead back to this very state. */
  readonly loopExits: ReadonlySet<number> | undefined
  /** A shortest way that starts with a character of `first..last`, undefined where there is none. */
  shortestFrom(first: number, last: number): readonly number[] | undefined
}

export interface CharacterPatternOptions {
  /** The pattern stands for the whole text, not for a part of it. Default false, as in `RegExp.test`. */
  readonly anchored?: boolean
}

const MOST_CLASSES = 5_000

/**
 * The first state of a pattern, or undefined where no text matches.
 * @throws OstroError('invalid-argument') for what is no regular expression, OstroError('unsupported') for look-behind,
 * back-references, and patterns that are too large to follow
 */
export function compileCharacterPattern(
  pattern: string,
  options: CharacterPatternOptions = {},
): CharacterState | undefined {
  return followSyntax(parseRegex(pattern), options.anchored === true)
}

/** The same for a syntax tree. */
export function followSyntax(syntax: Syntax, anchored: boolean): CharacterState | undefined {
  const alphabet = createAlphabet([ANY, WORD, ...setsOf(syntax)])
  if (alphabet.classes > MOST_CLASSES) throw tooLarge(alphabet.classes)
  const inText = new Set(alphabet.classesOf(ANY))
  const expressions = createExpressions(alphabet.classes, [...inText])
  const start = translate(syntax, alphabet, expressions, anchored)
  const distances = findDistances(start, alphabet, expressions)
  const states = new Map<Expression, CharacterState>()

  function stateOf(expression: Expression): CharacterState | undefined {
    const known = states.get(expression)
    if (known) return known
    if (distances.to(expression) === Infinity) return undefined
    const state = createState(expression)
    states.set(expression, state)
    return state
  }

  function createState(expression: Expression): CharacterState {
    const table = new Array<CharacterState | null | undefined>(alphabet.classes)
    const follow = (member: number): CharacterState | undefined => {
      const known = table[member]
      if (known !== undefined) return known ?? undefined
      const next = inText.has(member) ? stateOf(expressions.derivative(expression, member)) : undefined
      table[member] = next ?? null
      return next
    }
    let exits: ReadonlySet<number> | undefined | null = null
    let samples: readonly number[] | undefined
    const state: CharacterState = {
      canEnd: expression.nullable,
      acceptsAll: expression === expressions.anything,
      next: (codePoint) => follow(alphabet.classOf(codePoint)),
      kindOf: alphabet.classOf,
      kindStarts: alphabet.starts,
      allowsAny: (first, last) => alphabet.eachClass(first, last, (member) => follow(member) !== undefined),
      shortest: () => shortestText(expression, alphabet, expressions, distances),
      shortestFrom(first, last) {
        let best: { sample: number; next: Expression; distance: number } | undefined
        alphabet.eachClass(first, last, (member, sample) => {
          if (follow(member) === undefined) return false
          const next = expressions.derivative(expression, member)
          const distance = distances.to(next)
          if (!best || distance < best.distance) best = { sample, next, distance }
          return false
        })
        return best && [best.sample, ...shortestText(best.next, alphabet, expressions, distances)]
      },
      get samples() {
        return (samples ??= [...table.keys()].flatMap((member) =>
          follow(member) === undefined ? [] : [alphabet.sampleOf(member)],
        ))
      },
      get minCharacters() {
        return distances.to(expression)
      },
      get maxCharacters() {
        return longestText(expression)
      },
      get loopExits() {
        return (exits = exits === null ? findLoopExits(alphabet, (member) => follow(member) === state) : exits)
      },
    }
    return state
  }

  return stateOf(start)
}

function findLoopExits(
  alphabet: Alphabet,
  loops: (characterClass: number) => boolean,
): ReadonlySet<number> | undefined {
  const exits = new Set<number>()
  for (let code = 0; code < 128; code++) if (!loops(alphabet.classOf(code))) exits.add(code)
  const stray =
    exits.size === 128 ||
    alphabet.eachClass(0x80, 0xd7ff, (member) => !loops(member)) ||
    alphabet.eachClass(0xe000, 0x10ffff, (member) => !loops(member))
  return stray ? undefined : exits
}

function setsOf(syntax: Syntax): CharacterSet[] {
  switch (syntax.kind) {
    case 'set':
      return [syntax.set]
    case 'sequence':
      return syntax.parts.flatMap(setsOf)
    case 'alternation':
      return syntax.options.flatMap(setsOf)
    case 'repeat':
    case 'look-ahead':
      return setsOf(syntax.body)
    case 'start':
    case 'end':
    case 'boundary':
      return []
    default:
      return syntax satisfies never
  }
}

function tooLarge(classes: number): OstroError {
  return new OstroError(
    'unsupported',
    `regular expression: expected at most ${MOST_CLASSES} kinds of characters, got ${classes}. Use fewer different character classes.`,
    { classes },
  )
}
