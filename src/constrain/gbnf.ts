/** Grammars in the BNF dialect of llama.cpp (GBNF). */
import { type Body, compileRules, namesIn, textOf } from './context-free/index.ts'
import type { Grammar } from './grammar.ts'
import { characterSet, complementOf } from './regex/character-set.ts'
import { ANY } from './regex/named-sets.ts'
import { readSource, type SourceReader } from './source-reader.ts'

/** Blanks and comments within a line, and over lines. */
const BLANK = /(?:[ \t]|#[^\n]*)*/y
const BLANK_LINES = /(?:\s|#[^\n]*)*/y
const NAME = /[A-Za-z][A-Za-z0-9_-]*/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
const MAX_NESTING = 200

/**
 * The texts that the rule `root` of a GBNF source produces.
 * @throws OstroError('invalid-argument') naming line and column, OstroError('unsupported') for tokens in angle brackets
 */
export function compileGbnf(source: string): Grammar {
  const reader = readSource(source, 'GBNF')
  const bodies = new Map<string, Body>()
  reader.take(BLANK_LINES)
  while (!reader.atEnd) {
    const [name] = reader.need(NAME, 'the name of a rule')
    reader.take(BLANK)
    reader.need(/::=/y, '`::=`')
    reader.take(BLANK_LINES)
    if (bodies.has(name)) throw reader.invalid(`one definition of \`${name}\`, found a second one before this`)
    bodies.set(name, alternation(reader, 0))
    if (!reader.atEnd) reader.need(/\r?\n/y, 'the end of the line')
    reader.take(BLANK_LINES)
  }
  if (!bodies.has('root')) throw reader.invalid('a rule named `root`')
  for (const body of bodies.values()) {
    for (const name of namesIn(body))
      if (!bodies.has(name)) throw reader.invalid(`a rule named \`${name}\`, which is used`)
  }
  return compileRules({ start: 'root', bodies })
}

function alternation(reader: SourceReader, depth: number): Body {
  if (depth > MAX_NESTING) throw reader.unsupported(`more than ${MAX_NESTING} nested groups`)
  const options = [sequence(reader, depth)]
  // An alternative may stand on the next line.
  while (reader.sees(/(?:\s|#[^\n]*)*\|/y)) {
    reader.take(BLANK_LINES)
    reader.take(/\|/y)
    reader.take(BLANK_LINES)
    options.push(sequence(reader, depth))
  }
  return options.length === 1 ? options[0] : { kind: 'alternation', options }
}

function sequence(reader: SourceReader, depth: number): Body {
  const parts: Body[] = []
  for (;;) {
    // Within a group a line break is a blank like any other.
    reader.take(depth > 0 ? BLANK_LINES : BLANK)
    const atom = takeAtom(reader, depth)
    if (!atom) break
    parts.push(takeRepeat(reader, atom))
  }
  return parts.length === 1 ? parts[0] : { kind: 'sequence', parts }
}

function takeAtom(reader: SourceReader, depth: number): Body | undefined {
  const name = reader.take(NAME)
  if (name) return { kind: 'rule', name: name[0] }
  const text = reader.take(/"((?:[^"\\\n]|\\.)*)"/uy)
  if (text)
    return textOf(
      charactersOf(text[1], reader)
        .map((code) => String.fromCodePoint(code))
        .join(''),
    )
  if (reader.take(/\./y)) return { kind: 'text', syntax: { kind: 'set', set: ANY } }
  const characters = reader.take(/\[(\^?)((?:[^\]\\\n]|\\.)*)\]/uy)
  if (characters) return classOf(characters[2], characters[1] === '^', reader)
  if (reader.take(/\(/y)) {
    reader.take(BLANK_LINES)
    const body = alternation(reader, depth + 1)
    reader.take(BLANK_LINES)
    reader.need(/\)/y, '`)`')
    return body
  }
  if (reader.sees(/!?</y)) throw reader.unsupported('a token in angle brackets')
  return undefined
}

function takeRepeat(reader: SourceReader, atom: Body): Body {
  let body = atom
  for (;;) {
    const count = reader.take(/[ \t]*(?:([*+?])|\{\s*(\d*)\s*(,?)\s*(\d*)\s*\})/y)
    if (!count) return body
    const [, sign, from, comma, to] = count
    const min = sign ? (sign === '+' ? 1 : 0) : Number(from || '0')
    const max = sign ? (sign === '?' ? 1 : Infinity) : comma === '' ? min : to === '' ? Infinity : Number(to)
    if (max < min || (!sign && from === '' && to === ''))
      throw reader.invalid('a count such as {2}, {2,} or {2,5} before this')
    body = { kind: 'repeat', body, min, max }
  }
}

function classOf(inner: string, negated: boolean, reader: SourceReader): Body {
  const marked = charactersOf(inner, reader, true)
  const ranges: [number, number][] = []
  for (let i = 0; i < marked.length; i++) {
    const first = marked[i]
    if (first === RANGE) {
      ranges.push([0x2d, 0x2d])
    } else if (marked[i + 1] === RANGE && i + 2 < marked.length && marked[i + 2] !== RANGE) {
      if (marked[i + 2] < first) throw reader.invalid('character ranges in ascending order before this')
      ranges.push([first, marked[i + 2]])
      i += 2
    } else ranges.push([first, first])
  }
  const set = characterSet(...ranges)
  return { kind: 'text', syntax: { kind: 'set', set: negated ? complementOf(set) : set } }
}

/** Stands for a `-` that was not escaped. */
const RANGE = -1

function charactersOf(text: string, reader: SourceReader, inClass = false): number[] {
  const codes: number[] = []
  const part = /\\x([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\([^xuU])|([^\\])/uy
  while (part.lastIndex < text.length) {
    const found = part.exec(text)
    if (!found) throw reader.invalid('escapes of the forms \\n, \\", \\xHH, \\uHHHH or \\UHHHHHHHH before this')
    const [, two, four, eight, escaped, plain] = found
    const hexadecimal = two ?? four ?? eight
    if (hexadecimal !== undefined) codes.push(Number.parseInt(hexadecimal, 16))
    else if (escaped !== undefined) codes.push((ESCAPES[escaped] ?? escaped).codePointAt(0) as number)
    else codes.push(inClass && plain === '-' ? RANGE : (plain.codePointAt(0) as number))
  }
  if (codes.some((code) => code > 0x10ffff)) throw reader.invalid('code points up to 10FFFF before this')
  return codes
}
