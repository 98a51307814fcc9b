/**
 * Regular expressions of tokenizer.json (Oniguruma's dialect) as JavaScript ones with the same meaning. What cannot be
 * carried over exactly, or could take exponential time on a stranger's text, is refused.
 */
import { OstroError } from '../util/error.ts'

const MAX_LENGTH = 4096

/** Possessive forms of well-known patterns where nothing that follows could make the greedy form give back. */
const HARMLESS_POSSESSIVE: readonly (readonly [string, string])[] = [
  ['[^\\r\\n\\p{L}\\p{N}]?+\\p{L}', '[^\\r\\n\\p{L}\\p{N}]?\\p{L}'],
  ['[^\\s\\p{L}\\p{N}]++[\\r\\n]*', '[^\\s\\p{L}\\p{N}]+[\\r\\n]*'],
]

/** Escapes for classes of characters, inside and outside of brackets. */
const CLASS_ESCAPES: Readonly<Record<string, readonly [inside: string, outside: string]>> = {
  s: ['\\p{White_Space}', '\\p{White_Space}'],
  S: ['\\P{White_Space}', '\\P{White_Space}'],
  d: ['\\p{Nd}', '\\p{Nd}'],
  D: ['\\P{Nd}', '\\P{Nd}'],
  w: ['\\p{L}\\p{M}\\p{N}\\p{Pc}', '[\\p{L}\\p{M}\\p{N}\\p{Pc}]'],
}

/** @throws OstroError('unsupported') naming the pattern */
export function translateRegex(source: string): RegExp {
  if (source.length > MAX_LENGTH) throw refused(source, 'it is too long')
  let greedy = source
  for (const [possessive, plain] of HARMLESS_POSSESSIVE) greedy = greedy.replaceAll(possessive, plain)
  const translated = translate(greedy, source)
  try {
    return new RegExp(translated, 'gu')
  } catch (error) {
    if (error instanceof SyntaxError) throw refused(source, 'JavaScript has no equal')
    throw error
  }
}

interface Group {
  readonly foldsCase: boolean
  /** Holds a quantifier without an end. */
  repeats: boolean
}

function translate(source: string, original: string): string {
  let result = ''
  let inClass = false
  const groups: Group[] = [{ foldsCase: false, repeats: false }]
  const current = (): Group => groups[groups.length - 1]

  for (let i = 0; i < source.length; i++) {
    const unit = source[i]
    if (unit === '\\') {
      result += translateEscape(source[++i], inClass, original)
    } else if (inClass) {
      if (unit === '[' || source.startsWith('&&', i)) throw refused(original, 'it nests character classes')
      if (unit === ']') inClass = false
      result += current().foldsCase && unit !== ']' ? bothCases(unit) : unit
    } else if (unit === '[') {
      inClass = true
      result += unit
      if (source[i + 1] === '^') result += source[++i]
    } else if (unit === '(') {
      const folds = source.startsWith('(?i:', i)
      const option = /^\(\?[a-zA-Z-]+[:)]/.exec(source.slice(i, i + 12))
      if ((option && !folds) || source.startsWith('(?>', i))
        throw refused(original, 'it uses a group that JavaScript lacks')
      groups.push({ foldsCase: folds || current().foldsCase, repeats: false })
      result += folds ? '(?:' : unit
      if (folds) i += 3
      else if (source[i + 1] === '?') {
        const opening = /^\(\?(?:[:=!]|<[=!])/.exec(source.slice(i, i + 4))
        if (!opening) throw refused(original, 'it uses a group that JavaScript lacks')
        result += opening[0].slice(1)
        i += opening[0].length - 1
      }
    } else if (unit === ')') {
      const closed = groups.pop()
      if (!closed || groups.length === 0) throw refused(original, 'its brackets do not match')
      const quantifier = quantifierAt(source, i + 1)
      if (closed.repeats && quantifier && quantifier.most > 1) throw refused(original, 'it repeats a repetition')
      current().repeats ||= closed.repeats
      result += unit
    } else if (unit === '.') result += '[^\\n]'
    else {
      const quantifier = quantifierAt(source, i)
      if (quantifier) {
        if (quantifierAt(source, i + quantifier.length)?.text.startsWith('+'))
          throw refused(original, 'it is possessive')
        if (quantifier.most > 1 && quantifier.most > quantifier.least) current().repeats = true
        result += quantifier.text
        i += quantifier.length - 1
      } else result += current().foldsCase ? folded(unit) : unit
    }
  }
  if (inClass || groups.length !== 1) throw refused(original, 'its brackets do not match')
  return result
}

interface Quantifier {
  readonly text: string
  readonly length: number
  readonly least: number
  readonly most: number
}

function quantifierAt(source: string, at: number): Quantifier | undefined {
  const match = /^(?:[*+?]|\{(\d{1,4})(,?)(\d{0,4})\})\??/.exec(source.slice(at, at + 16))
  if (!match) return undefined
  const [text, least, comma, most] = match
  const length = text.length
  if (least === undefined) return { text, length, least: text[0] === '+' ? 1 : 0, most: text[0] === '?' ? 1 : Infinity }
  return {
    text,
    length,
    least: Number(least),
    most: most !== '' ? Number(most) : comma !== '' ? Infinity : Number(least),
  }
}

function translateEscape(letter: string | undefined, inClass: boolean, original: string): string {
  if (letter === undefined) throw refused(original, 'it ends in a backslash')
  const known = CLASS_ESCAPES[letter]
  if (known) return known[inClass ? 0 : 1]
  if (/[prntvfxuP0]/.test(letter)) return `\\${letter}`
  if (/[A-Za-z0-9]/.test(letter)) throw refused(original, `JavaScript's \\${letter} differs`)
  // Of the escaped signs JavaScript allows only those that mean something.
  return /[\^$\\.*+?()[\]{}|/]/.test(letter) || (inClass && letter === '-') ? `\\${letter}` : letter
}

const folded = (unit: string): string => (/[a-zA-Z]/.test(unit) ? `[${bothCases(unit)}]` : unit)

/** Both cases of a letter, and the further characters that Unicode folds to it. */
function bothCases(unit: string): string {
  if (!/[a-zA-Z]/.test(unit)) return unit
  const lower = unit.toLowerCase()
  return lower + unit.toUpperCase() + (lower === 's' ? 'ſ' : lower === 'k' ? '\u212a' : '')
}

function refused(source: string, reason: string): OstroError {
  const shown = source.length > 200 ? `${source.slice(0, 200)}…` : source
  return new OstroError(
    'unsupported',
    `tokenizer.json: the regular expression ${JSON.stringify(shown)} is not supported, because ${reason}. Use a GGUF of the model.`,
    { pattern: source },
  )
}
