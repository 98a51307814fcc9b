/**
 * Grammars in the notation of Lark, the part of it that tools with a grammar use: rules, terminals, strings, regular expressions,
 * repetition, `%ignore`, `%import common`. Every way to cut a text into terminals counts, as with Lark's complete dynamic lexer.
 */
import { type Body, compileRules, namesIn, type Rules, textOf } from './context-free/index.ts'
import type { Grammar } from './grammar.ts'
import { COMMON_TERMINALS } from './lark-terminals.ts'
import { characterSet } from './regex/character-set.ts'
import { hasAssertion, type Syntax } from './regex/syntax.ts'
import { parseRegex } from './regex/parse.ts'
import { readSource, type SourceReader } from './source-reader.ts'

const BLANK = /(?:[ \t\f]|\/\/[^\n]*|\\\r?\n)*/y
const BLANK_LINES = /(?:\s|\/\/[^\n]*)*/y
const RULE_NAME = /[?!]*(_?[a-z][_a-z0-9]*)/y
const TERMINAL_NAME = /[?!]*(_?[A-Z][_A-Z0-9]*)/y
const STRING = /"((?:[^"\\\n]|\\.)*)"(i?)/uy
const REGEX = /\/((?:[^/\\\n]|\\.)+)\/([imslux]*)/uy
const MAX_NESTING = 200
const IGNORED = 'ignored text'
const WHOLE = 'whole text'

/**
 * The texts that the rule `start` of a Lark source produces.
 * @throws OstroError('invalid-argument') naming line and column, OstroError('unsupported') for templates, `%declare`, `%override`,
 * `%extend`, other imports, and regular expressions beyond those of `compileRegex` or with look-ahead
 */
export function compileLark(source: string): Grammar {
  const reader = readSource(source, 'Lark')
  const definitions = new Map<string, Body>()
  const ignored: Body[] = []
  reader.take(BLANK_LINES)
  while (!reader.atEnd) {
    if (reader.sees(/%/y)) statement(reader, definitions, ignored)
    else definition(reader, definitions)
    reader.take(BLANK)
    if (!reader.atEnd) reader.need(/\r?\n/y, 'the end of the line')
    reader.take(BLANK_LINES)
  }
  if (!definitions.has('start')) throw reader.invalid('a rule named `start`')
  for (const body of [...definitions.values(), ...ignored]) {
    for (const name of namesIn(body)) {
      if (!definitions.has(name)) throw reader.invalid(`a definition of \`${name}\`, which is used`)
    }
  }
  return compileRules(
    ignored.length === 0 ? { start: 'start', bodies: definitions } : withIgnored(definitions, ignored),
  )
}

function definition(reader: SourceReader, definitions: Map<string, Body>): void {
  const name = (
    reader.take(RULE_NAME) ?? reader.need(TERMINAL_NAME, 'the name of a rule or terminal, or a statement')
  )[1]
  if (reader.sees(/\{/y)) throw reader.unsupported('a template')
  reader.take(/\.-?\d+/y)
  reader.take(BLANK)
  reader.need(/:/y, '`:`')
  if (definitions.has(name)) throw reader.invalid(`one definition of \`${name}\`, found a second one before this`)
  definitions.set(name, alternation(reader, 0))
}

function statement(reader: SourceReader, definitions: Map<string, Body>, ignored: Body[]): void {
  if (reader.take(/%ignore\b/y)) {
    ignored.push(alternation(reader, 0))
    return
  }
  if (!reader.take(/%import[ \t]+common\b/y))
    throw reader.unsupported('a statement other than %ignore and %import common')
  const one = reader.take(/\.(_?[A-Z][_A-Z0-9]*)(?:[ \t]*->[ \t]*(_?[A-Z][_A-Z0-9]*))?/y)
  const names = one
    ? [[one[1], one[2] ?? one[1]]]
    : reader
        .need(/[ \t]*\(([_A-Z0-9, \t]*)\)/y, '`.NAME` or `(NAME, NAME)`')[1]
        .split(',')
        .map((name) => [name.trim(), name.trim()])
  for (const [name, alias] of names) {
    if (!Object.hasOwn(COMMON_TERMINALS, name)) throw reader.unsupported(`the terminal \`${name}\` of common`)
    definitions.set(alias, { kind: 'text', syntax: parseRegex(COMMON_TERMINALS[name]) })
  }
}

function alternation(reader: SourceReader, depth: number): Body {
  if (depth > MAX_NESTING) throw reader.unsupported(`more than ${MAX_NESTING} nested groups`)
  const options = [sequence(reader, depth)]
  while (reader.sees(/(?:\s|\/\/[^\n]*)*\|/y)) {
    reader.take(BLANK_LINES)
    reader.take(/\|/y)
    options.push(sequence(reader, depth))
  }
  return options.length === 1 ? options[0] : { kind: 'alternation', options }
}

function sequence(reader: SourceReader, depth: number): Body {
  const parts: Body[] = []
  for (;;) {
    reader.take(depth > 0 ? BLANK_LINES : BLANK)
    const atom = takeAtom(reader, depth)
    if (!atom) break
    parts.push(takeRepeat(reader, atom))
  }
  // The name that a tree would give to the alternative.
  reader.take(/->[ \t]*[a-z_][a-z0-9_]*/y)
  return parts.length === 1 ? parts[0] : { kind: 'sequence', parts }
}

function takeAtom(reader: SourceReader, depth: number): Body | undefined {
  const name = reader.take(/_?[A-Z][_A-Z0-9]*|_?[a-z][_a-z0-9]*/y)
  if (name) {
    if (reader.sees(/\{/y)) throw reader.unsupported('a template')
    return { kind: 'rule', name: name[0] }
  }
  const range = reader.take(/"((?:[^"\\\n]|\\.)+)"[ \t]*\.\.[ \t]*"((?:[^"\\\n]|\\.)+)"/uy)
  if (range) return rangeOf(unescape(range[1], reader), unescape(range[2], reader), reader)
  const text = reader.take(STRING)
  if (text) return text[2] === 'i' ? anyCase(textOf(unescape(text[1], reader))) : textOf(unescape(text[1], reader))
  const regex = reader.take(REGEX)
  if (regex) return regexOf(regex[1], regex[2], reader)
  if (reader.take(/\(/y)) return group(reader, depth, /\)/y, '`)`')
  if (reader.take(/\[/y)) return { kind: 'repeat', body: group(reader, depth, /\]/y, '`]`'), min: 0, max: 1 }
  return undefined
}

function group(reader: SourceReader, depth: number, close: RegExp, closeName: string): Body {
  const body = alternation(reader, depth + 1)
  reader.take(BLANK_LINES)
  reader.need(close, closeName)
  return body
}

function takeRepeat(reader: SourceReader, body: Body): Body {
  const sign = reader.take(/[*+?]/y)
  if (sign) return { kind: 'repeat', body, min: sign[0] === '+' ? 1 : 0, max: sign[0] === '?' ? 1 : Infinity }
  const count = reader.take(/[ \t]*~[ \t]*(\d+)(?:[ \t]*\.\.[ \t]*(\d+))?/y) ?? reader.take(/\{(\d+)(?:,(\d*))?\}/y)
  if (!count) return body
  const min = Number(count[1])
  const max = count[2] === undefined && !count[0].includes(',') ? min : count[2] ? Number(count[2]) : Infinity
  if (max < min) throw reader.invalid('a count with the smaller number first before this')
  return { kind: 'repeat', body, min, max }
}

function rangeOf(first: string, last: string, reader: SourceReader): Body {
  const [from, to] = [Array.from(first), Array.from(last)]
  if (from.length !== 1 || to.length !== 1 || from[0] > to[0])
    throw reader.invalid('a range of two characters in ascending order before this')
  return { kind: 'text', syntax: { kind: 'set', set: characterSet([codeOf(from[0]), codeOf(to[0])]) } }
}

function regexOf(pattern: string, flags: string, reader: SourceReader): Body {
  if (/[mx]/.test(flags)) throw reader.unsupported(`a regular expression with the flags \`${flags}\``)
  // In Python `.` is any character but a line feed; with the flag s any at all.
  const syntax = parseRegex(pattern, { dot: flags.includes('s') ? 'any' : 'not-line-feed' })
  if (hasAssertion(syntax)) throw reader.unsupported('an anchor, boundary or look-ahead in a regular expression')
  const body: Body = { kind: 'text', syntax }
  return flags.includes('i') ? anyCase(body) : body
}

function unescape(text: string, reader: SourceReader): string {
  try {
    // The escapes of JSON and Lark are the same but for \xHH and escaped characters that need none.
    return JSON.parse(
      `"${text
        .replaceAll(/\\x([0-9A-Fa-f]{2})/g, String.raw`\u00$1`)
        .replaceAll(/\\([^"\\/bfnrtu])/g, '$1')
        .replaceAll('\t', String.raw`\t`)}"`,
    ) as string
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw reader.invalid('escapes of the forms \\n, \\", \\xHH or \\uHHHH before this')
  }
}

/** The same in small and capital letters (those with one counterpart of one character). */
function anyCase(body: Body): Body {
  return body.kind === 'text' ? { kind: 'text', syntax: foldCase(body.syntax) } : body
}

function foldCase(syntax: Syntax): Syntax {
  switch (syntax.kind) {
    case 'set': {
      const { ranges } = syntax.set
      const folded: [number, number][] = []
      for (let i = 0; i < ranges.length; i += 2) {
        folded.push([ranges[i], ranges[i + 1]])
        // Sets as large as those of whole scripts hold both cases anyway.
        for (let code = ranges[i]; code <= ranges[i + 1] && ranges[i + 1] - ranges[i] < 2000; code++) {
          const character = String.fromCodePoint(code)
          for (const other of [character.toLowerCase(), character.toUpperCase()]) {
            if (Array.from(other).length === 1) folded.push([codeOf(other), codeOf(other)])
          }
        }
      }
      return { kind: 'set', set: characterSet(...folded) }
    }
    case 'sequence':
      return { kind: 'sequence', parts: syntax.parts.map(foldCase) }
    case 'alternation':
      return { kind: 'alternation', options: syntax.options.map(foldCase) }
    case 'repeat':
      return { ...syntax, body: foldCase(syntax.body) }
    case 'start':
    case 'end':
    case 'boundary':
    case 'look-ahead':
      return syntax
    default:
      return syntax satisfies never
  }
}

/** Lets ignored text stand behind every terminal of a rule and at the start. */
function withIgnored(definitions: ReadonlyMap<string, Body>, ignored: readonly Body[]): Rules {
  const gap: Body = { kind: 'rule', name: IGNORED }
  const isTerminal = (name: string): boolean => /^_?[A-Z]/.test(name)
  const spaced = (body: Body): Body => {
    switch (body.kind) {
      case 'text':
        return { kind: 'sequence', parts: [body, gap] }
      case 'rule':
        return isTerminal(body.name) ? { kind: 'sequence', parts: [body, gap] } : body
      case 'sequence':
        return { kind: 'sequence', parts: body.parts.map(spaced) }
      case 'alternation':
        return { kind: 'alternation', options: body.options.map(spaced) }
      case 'repeat':
        return { ...body, body: spaced(body.body) }
      default:
        return body satisfies never
    }
  }
  const bodies = new Map<string, Body>([
    [IGNORED, { kind: 'repeat', body: { kind: 'alternation', options: ignored }, min: 0, max: Infinity }],
    [WHOLE, { kind: 'sequence', parts: [gap, { kind: 'rule', name: 'start' }] }],
  ])
  for (const [name, body] of definitions) bodies.set(name, isTerminal(name) ? body : spaced(body))
  return { start: WHOLE, bodies }
}

function codeOf(character: string): number {
  return character.codePointAt(0) as number
}
