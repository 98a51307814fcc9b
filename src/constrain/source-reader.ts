/** Reads grammar sources: a cursor with regular expressions, and errors that name the line. */
import { OstroError } from '../util/error.ts'

export interface SourceReader {
  readonly atEnd: boolean
  /** Takes what the sticky `pattern` matches here. */
  take(pattern: RegExp): RegExpExecArray | undefined
  /** Whether the sticky `pattern` matches here; takes nothing. */
  sees(pattern: RegExp): boolean
  /** Takes what `pattern` matches. @throws OstroError('invalid-argument') naming `expected` where it does not */
  need(pattern: RegExp, expected: string): RegExpExecArray
  invalid(expected: string): OstroError
  unsupported(what: string): OstroError
}

const MAX_LENGTH = 500_000

/** A cursor at the start of `source`; `name` is the syntax that messages speak of. */
export function readSource(source: string, name: string): SourceReader {
  if (source.length > MAX_LENGTH) {
    throw new OstroError(
      'unsupported',
      `${name} grammar: expected at most ${MAX_LENGTH} characters, got ${source.length}. Write a smaller grammar.`,
      { length: source.length },
    )
  }
  let at = 0
  const place = (): string => {
    const before = source.slice(0, at).split('\n')
    return `line ${before.length}, column ${before[before.length - 1].length + 1}`
  }
  const seen = (): string => (at >= source.length ? 'the end' : JSON.stringify(source.slice(at, at + 20)))
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    return pattern.exec(source) ?? undefined
  }
  const invalid = (expected: string): OstroError =>
    new OstroError('invalid-argument', `${name} grammar, ${place()}: expected ${expected}, got ${seen()}.`, { at })
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = match(pattern)
    if (found) at += found[0].length
    return found
  }
  return {
    get atEnd() {
      return at >= source.length
    },
    take,
    sees: (pattern) => match(pattern) !== undefined,
    need(pattern, expected) {
      const found = take(pattern)
      if (!found) throw invalid(expected)
      return found
    },
    invalid,
    unsupported: (what) =>
      new OstroError('unsupported', `${name} grammar, ${place()}: ${what} is not supported. Write it without.`, { at }),
  }
}
