/** The character sets that regular expressions have names for: `\d`, `\w`, `\s`, `.`, `\p{...}`. */
import { type CharacterSet, characterSet, complementOf, LAST_CODE_POINT } from './character-set.ts'

/** Everything that UTF-8 can write: lone surrogates are left out. */
export const ANY = characterSet([0, 0xd7ff], [0xe000, LAST_CODE_POINT])
export const DIGIT = characterSet([0x30, 0x39])
export const WORD = characterSet([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a])
/** WhiteSpace and LineTerminator of ECMA-262. */
export const SPACE = characterSet(
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
)
/** What `.` stands for: all but line terminators. */
export const DOT = complementOf(characterSet([0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]))

/** Characters in order, in pieces: searched once per property, with the engine's own Unicode tables. */
let pieces: readonly { readonly first: number; readonly text: string }[] | undefined
const properties = new Map<string, CharacterSet | undefined>()
const PIECE = 0x4000
/** Planes that are unassigned (4 to 13) or private (15, 16) as a whole, but for two noncharacters at the end of each. */
const UNIFORM_PLANES = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16]

/** The set of `\p{name}`, or undefined where Unicode has no such property. */
export function propertySet(name: string): CharacterSet | undefined {
  if (!properties.has(name)) properties.set(name, findProperty(name))
  return properties.get(name)
}

function findProperty(name: string): CharacterSet | undefined {
  if (!/^[A-Za-z0-9_]+(=[A-Za-z0-9_]+)?$/.test(name)) return undefined
  let matcher: RegExp
  try {
    matcher = new RegExp(`\\p{${name}}+`, 'gu')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const ranges: [number, number][] = []
  for (const { first, text } of (pieces ??= listPieces())) {
    // Code points above U+FFFF take two units of text; pieces hold only one kind.
    const units = first > 0xffff ? 2 : 1
    for (const match of text.matchAll(matcher)) {
      const start = first + match.index / units
      ranges.push([start, start + match[0].length / units - 1])
    }
  }
  const has = (code: number): boolean => String.fromCodePoint(code).search(matcher) === 0
  for (const plane of UNIFORM_PLANES) {
    const first = plane << 16
    if (has(first)) ranges.push([first, first + 0xfffd])
    for (const last of [first + 0xfffe, first + 0xffff]) if (has(last)) ranges.push([last, last])
  }
  return characterSet(...ranges)
}

function listPieces(): { first: number; text: string }[] {
  const decoder = new TextDecoder('utf-16le', { ignoreBOM: true })
  const found: { first: number; text: string }[] = []
  for (let first = 0; first <= LAST_CODE_POINT; first += PIECE) {
    if (UNIFORM_PLANES.includes(first >> 16)) continue
    const units: number[] = []
    for (let code = first; code < first + PIECE; code++) {
      if (code > 0xffff) units.push(0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff))
      // A lone surrogate would join its neighbour; the stand-in is in no property but those of unassigned characters.
      else units.push(code >= 0xd800 && code <= 0xdfff ? 0xffff : code)
    }
    found.push({ first, text: decoder.decode(Uint16Array.from(units)) })
  }
  return found
}
