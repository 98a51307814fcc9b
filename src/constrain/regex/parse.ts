/**
 * Parses regular expressions of ECMA-262 with the `u` flag. What only the older syntax allows (`\-`, a bare `{` or `]`) is read as
 * there, since patterns in the wild use it and it can mean nothing else.
 */
import { OstroError } from '../../util/error.ts'
import { type CharacterSet, characterSet, complementOf, unionOf } from './character-set.ts'
import { ANY, DIGIT, DOT, propertySet, SPACE, WORD } from './named-sets.ts'
import { EMPTY, type Syntax } from './syntax.ts'

const MAX_NESTING = 200
const MAX_LENGTH = 50_000
const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 }

export interface ParseOptions {
  /** What `.` stands for. Default: all but line terminators. */
  readonly dot?: 'any' | 'not-line-feed'
}

/**
 * The syntax tree of `pattern`.
 * @throws OstroError('invalid-argument') where it is no regular expression, OstroError('unsupported') for look-behind,
 * back-references, inline flags, and patterns beyond 50,000 characters or 200 nested groups
 */
export function parseRegex(pattern: string, options: ParseOptions = {}): Syntax {
  const characters = Array.from(pattern, (character) => character)
  let at = 0
  let nesting = 0
  const dot = options.dot === 'any' ? ANY : options.dot ? complementOf(single(0x0a)) : DOT
  if (characters.length > MAX_LENGTH) throw unsupported(`at most ${MAX_LENGTH} characters`, `${characters.length}`)

  const syntax = alternation()
  if (at < characters.length) throw invalid('a group that was opened', '`)`')
  return syntax

  function alternation(): Syntax {
    if (++nesting > MAX_NESTING) throw unsupported(`at most ${MAX_NESTING} nested groups`, 'more')
    const options = [sequence()]
    while (take('|')) options.push(sequence())
    nesting--
    return options.length === 1 ? options[0] : { kind: 'alternation', options }
  }

  function sequence(): Syntax {
    const parts: Syntax[] = []
    while (at < characters.length && peek() !== '|' && peek() !== ')') parts.push(term())
    return parts.length === 1 ? parts[0] : parts.length === 0 ? EMPTY : { kind: 'sequence', parts }
  }

  function term(): Syntax {
    const assertion = takeAssertion()
    if (assertion) {
      if (at < characters.length && '*+?'.includes(peek())) throw invalid('nothing to repeat here', `\`${peek()}\``)
      return assertion
    }
    const body = atom()
    const count = quantifier()
    return count ? { kind: 'repeat', body, ...count } : body
  }

  function takeAssertion(): Syntax | undefined {
    if (take('^')) return { kind: 'start' }
    if (take('$')) return { kind: 'end' }
    if (take('\\b')) return { kind: 'boundary', negated: false }
    if (take('\\B')) return { kind: 'boundary', negated: true }
    if (startsWith('(?<=') || startsWith('(?<!')) throw unsupported('no look-behind', `\`${rest(4)}\``)
    const positive = take('(?=')
    if (!positive && !take('(?!')) return undefined
    const body = alternation()
    if (!take(')')) throw invalid('`)`', 'the end')
    return { kind: 'look-ahead', body, negated: !positive }
  }

  function atom(): Syntax {
    if (take('(')) {
      if (startsWith('?') && !take('?:')) takeGroupName()
      const body = alternation()
      if (!take(')')) throw invalid('`)`', 'the end')
      return body
    }
    if (take('.')) return setOf(dot)
    if (take('[')) return setOf(characterClass())
    if (take('\\')) return setOf(escape(false))
    const character = peek()
    if (character === '*' || character === '+' || character === '?') {
      throw invalid('something to repeat', `\`${character}\``)
    }
    if (character === '{' && /^\{\d*,?\d*\}/.test(rest(24))) throw invalid('something to repeat', `\`${rest(8)}\``)
    at++
    return setOf(single(codeOf(character)))
  }

  function takeGroupName(): void {
    const name = /^\?<([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)>/u.exec(characters.slice(at, at + 100).join(''))
    if (!name) throw unsupported('a group of the forms (), (?:), (?<name>), (?=) or (?!)', `\`(${rest(4)}\``)
    at += Array.from(name[0]).length
  }

  function quantifier(): { min: number; max: number } | undefined {
    const count = takeCount()
    if (!count) return undefined
    // Lazy or greedy, the language is the same.
    take('?')
    if (count.min > count.max) throw invalid('a count with the smaller number first', `{${count.min},${count.max}}`)
    return count
  }

  function takeCount(): { min: number; max: number } | undefined {
    if (take('*')) return { min: 0, max: Infinity }
    if (take('+')) return { min: 1, max: Infinity }
    if (take('?')) return { min: 0, max: 1 }
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(rest(40))
    if (!braces) return undefined
    at += braces[0].length
    const min = Number(braces[1])
    const max = braces[2] === undefined ? min : braces[3] === '' ? Infinity : Number(braces[3])
    return { min, max }
  }

  function characterClass(): CharacterSet {
    const negated = take('^')
    const sets: CharacterSet[] = []
    while (!take(']')) {
      if (at >= characters.length) throw invalid('`]`', 'the end')
      const first = classAtom()
      if (peek() !== '-' || characters[at + 1] === ']' || at + 1 >= characters.length) {
        sets.push(first)
        continue
      }
      at++
      const last = classAtom()
      if (!isSingle(first) || !isSingle(last)) sets.push(first, single(0x2d), last)
      else if (first.ranges[0] > last.ranges[0]) throw invalid('a range in ascending order', 'a descending one')
      else sets.push(characterSet([first.ranges[0], last.ranges[0]]))
    }
    const set = unionOf(sets)
    return negated ? complementOf(set) : set
  }

  function classAtom(): CharacterSet {
    if (take('\\')) return escape(true)
    const character = peek()
    at++
    return single(codeOf(character))
  }

  /** What stands behind a backslash. */
  function escape(inClass: boolean): CharacterSet {
    if (at >= characters.length) throw invalid('a character behind `\\`', 'the end')
    const character = characters[at++]
    const named = namedSet(character)
    if (named) return named
    if (character in CONTROL_ESCAPES) return single(CONTROL_ESCAPES[character])
    if (inClass && character === 'b') return single(8)
    if (character === '0' && !/\d/.test(peek())) return single(0)
    if (character === 'c' && /[A-Za-z]/.test(peek())) return single(codeOf(characters[at++]) % 32)
    if (character === 'x') return single(hexDigits(2))
    if (character === 'u') return single(unicodeEscape())
    if (/[1-9k]/.test(character)) throw unsupported('no back-reference', `\`\\${character}\``)
    if (/[A-Za-z0-9]/.test(character)) throw invalid('an escape that ECMA-262 knows', `\`\\${character}\``)
    return single(codeOf(character))
  }

  function namedSet(character: string): CharacterSet | undefined {
    switch (character) {
      case 'd':
        return DIGIT
      case 'D':
        return complementOf(DIGIT)
      case 'w':
        return WORD
      case 'W':
        return complementOf(WORD)
      case 's':
        return SPACE
      case 'S':
        return complementOf(SPACE)
      case 'p':
      case 'P': {
        const name = /^\{([^}]*)\}/.exec(rest(80))
        const set = name ? propertySet(name[1]) : undefined
        if (!name || !set) throw invalid('a Unicode property', `\`\\${character}${name?.[0] ?? rest(8)}\``)
        at += name[0].length
        return character === 'p' ? set : complementOf(set)
      }
      default:
        return undefined
    }
  }

  function unicodeEscape(): number {
    const braces = /^\{([0-9A-Fa-f]+)\}/.exec(rest(16))
    if (braces) {
      const code = Number.parseInt(braces[1], 16)
      if (code > 0x10ffff) throw invalid('a code point up to 10FFFF', `\`${braces[1]}\``)
      at += braces[0].length
      return code
    }
    const high = hexDigits(4)
    const low = high >= 0xd800 && high <= 0xdbff ? /^\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})/.exec(rest(6)) : null
    if (!low) return high
    at += 6
    return 0x10000 + ((high - 0xd800) << 10) + (Number.parseInt(low[1], 16) - 0xdc00)
  }

  function hexDigits(count: number): number {
    const digits = rest(count)
    if (!new RegExp(`^[0-9A-Fa-f]{${count}}$`).test(digits))
      throw invalid(`${count} hexadecimal digits`, `\`${digits}\``)
    at += count
    return Number.parseInt(digits, 16)
  }

  function peek(): string {
    return characters[at] ?? ''
  }
  function rest(count: number): string {
    return characters.slice(at, at + count).join('')
  }
  function startsWith(text: string): boolean {
    return rest(text.length) === text
  }
  function take(text: string): boolean {
    if (!startsWith(text)) return false
    at += text.length
    return true
  }

  function invalid(expected: string, got: string): OstroError {
    return new OstroError(
      'invalid-argument',
      `regular expression: expected ${expected} at character ${at}, got ${got}. Write it as ECMA-262 does with the u flag.`,
      { pattern, at },
    )
  }
  function unsupported(expected: string, got: string): OstroError {
    return new OstroError(
      'unsupported',
      `regular expression: expected ${expected} at character ${at}, got ${got}. Write the pattern without it.`,
      { pattern, at },
    )
  }
}

function setOf(set: CharacterSet): Syntax {
  return { kind: 'set', set }
}

function single(code: number): CharacterSet {
  return { ranges: [code, code] }
}

function isSingle({ ranges }: CharacterSet): boolean {
  return ranges.length === 2 && ranges[0] === ranges[1]
}

function codeOf(character: string): number {
  return character.codePointAt(0) as number
}
