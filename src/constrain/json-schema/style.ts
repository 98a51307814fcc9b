/** How the text is written where JSON leaves a choice. */

export interface Style {
  readonly gaps: Gaps
  /** Numbers as people write them: no exponent, no fraction where a whole number is asked for, at most 15 digits on each side. */
  readonly plainNumbers: boolean
  /** Listed keys are written with the escapes that they need and no others, so that they are forced where only one is left. */
  readonly plainKeys: boolean
  /** Arrays and objects within each other. */
  readonly maxDepth: number
}

/** Most digits in a row of a plain number, where its bounds need no more: a double holds them exactly. */
export const mostPlainDigits = 15

/** Whitespace between tokens as a table: place -> byte -> next place; undefined is illegal. */
export interface Gaps {
  /** Around the whole value. */
  readonly outside: Gap | undefined
  /** After `[` and `{`. */
  readonly opening: Gap | undefined
  readonly comma: Gap | undefined
  /** Before `]`, `}` and `,`. */
  readonly closing: Gap | undefined
  /** After `:`. */
  readonly colon: Gap | undefined
  /** Before `:`. */
  readonly beforeColon: Gap | undefined
}

export interface Gap {
  next(byte: number): Gap | undefined
}

/** Places where a text says how it is written. */
export type ChosenPlace = 'opening' | 'comma' | 'colon'

/** Exactly one space. */
export const needsSpace: Gap = { next: () => undefined }

const chosen = new WeakMap<Gaps, Map<string, Gaps | undefined>>()

/**
 * The style of a text that has one space or none at that place, where it could have had either. Undefined where that says nothing:
 * whitespace that is free anywhere, lines that are broken.
 */
export function chooseGap(gaps: Gaps, place: ChosenPlace, space: boolean): Gaps | undefined {
  let known = chosen.get(gaps)
  if (known === undefined) chosen.set(gaps, (known = new Map()))
  const key = `${place} ${space}`
  if (!known.has(key)) known.set(key, withGap(gaps, place, space))
  return known.get(key)
}

function withGap(gaps: Gaps, place: ChosenPlace, space: boolean): Gaps | undefined {
  const gap = gaps[place]
  if (gap !== oneSpace && gap !== spaceOrLine) return undefined
  if (place !== 'opening') return { ...gaps, [place]: space ? needsSpace : undefined }
  // Who leaves no space within brackets leaves none before the closing ones.
  return space ? undefined : { ...gaps, opening: undefined, closing: undefined }
}

export type Whitespace = 'any' | 'compact' | 'model'

const SPACE = 0x20
const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d

const end: Gap = { next: () => undefined }
const anySpace: Gap = {
  next: (byte) => (byte === SPACE || byte === TAB || byte === NEWLINE || byte === RETURN ? anySpace : undefined),
}
const oneSpace: Gap = { next: (byte) => (byte === SPACE ? end : undefined) }

/** Most spaces or tabs after a line break. */
const mostIndent = 40
const indents: Gap[] = [end]
for (let left = 1; left <= mostIndent; left++) {
  const fewer = indents[left - 1]
  indents.push({ next: (byte) => (byte === SPACE || byte === TAB ? fewer : undefined) })
}
const spaceOrLine: Gap = {
  next: (byte) => (byte === SPACE ? end : byte === NEWLINE ? indents[mostIndent] : undefined),
}

const none = { outside: undefined, opening: undefined, closing: undefined, beforeColon: undefined }
const gapsOf: Readonly<Record<Whitespace, Gaps>> = {
  any: {
    outside: anySpace,
    opening: anySpace,
    comma: anySpace,
    closing: anySpace,
    colon: anySpace,
    beforeColon: anySpace,
  },
  compact: { ...none, comma: oneSpace, colon: oneSpace },
  model: { ...none, opening: spaceOrLine, comma: spaceOrLine, closing: spaceOrLine, colon: oneSpace },
}

export function styleOf(whitespace: Whitespace, plainNumbers: boolean, maxDepth: number): Style {
  return { gaps: gapsOf[whitespace], plainNumbers, plainKeys: whitespace !== 'any', maxDepth }
}
