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

/** Every character in order, in pieces: searched once per property, with the engine's own Unicode tables. */
let everyCharacter: readonly { readonly first: number; readonly text: string }[] | undefined
const properties = new Map<string, CharacterSet | undefined>()
const PIECE = 0x4000

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
  for (const { first, text } of (everyCharacter ??= listCharacters())) {
    // Code points above U+FFFF take two units of text; pieces hold only one kind.
    const units = first > 0xffff ? 2 : 1
    for (const match of text.matchAll(matcher)) {
      const start = first + match.index / units
      ranges.push([start, start + match[0].length / units - 1])
    }
  }
  return characterSet(...ranges)
}

function listCharacters(): { first: number; text: string }[] {
  const pieces: { first: number; text: string }[] = []
  for (let first = 0; first <= LAST_CODE_POINT; first += PIECE) {
    const characters: string[] = []
    for (let code = first; code < first + PIECE; code++) {
      // A lone surrogate would join its neighbour; the stand-in is in no property but those of unassigned characters.
      characters.push(code >= 0xd800 && code <= 0xdfff ? '\uFFFF' : String.fromCodePoint(code))
    }
    pieces.push({ first, text: characters.join('') })
  }
  return pieces
}
