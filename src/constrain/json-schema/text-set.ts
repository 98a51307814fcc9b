/** A finite set of texts as a character automaton: a trie, built as far as it is walked. */
import type { CharacterState } from '../regex/index.ts'

/** The automaton of these texts, of which there is at least one. Lone surrogates match nothing. */
export function textSet(texts: readonly string[]): CharacterState {
  const codes = texts.map((text) => Array.from(text, (character) => character.codePointAt(0) as number))
  let kinds: ReadonlyMap<number, number> | undefined
  const known = (): ReadonlyMap<number, number> => (kinds ??= kindsIn(codes))
  return trieNode(codes, 0, {
    kindOf: (code) => known().get(code) ?? 0,
    get kindStarts() {
      return [...known().keys()].flatMap((code) => [code, code + 1])
    },
  })
}

type Kinds = Pick<CharacterState, 'kindOf' | 'kindStarts'>

/** Every character that occurs is a kind of its own, and all others are kind 0. */
function kindsIn(texts: readonly (readonly number[])[]): ReadonlyMap<number, number> {
  return new Map([...new Set(texts.flat())].map((code, index) => [code, index + 1]))
}

/** The texts that are left after `depth` common characters. */
function trieNode(texts: readonly (readonly number[])[], depth: number, kinds: Kinds): CharacterState {
  const groups = new Map<number, (readonly number[])[]>()
  let shortest = texts[0]
  let longest = 0
  for (const text of texts) {
    if (text.length < shortest.length) shortest = text
    longest = Math.max(longest, text.length)
    if (text.length === depth) continue
    const group = groups.get(text[depth])
    if (group === undefined) groups.set(text[depth], [text])
    else group.push(text)
  }
  const children = new Map<number, CharacterState>()
  const next = (code: number): CharacterState | undefined => {
    let child = children.get(code)
    if (child !== undefined) return child
    const group = groups.get(code)
    if (group === undefined) return undefined
    child = trieNode(group, depth + 1, kinds)
    children.set(code, child)
    return child
  }
  return {
    canEnd: shortest.length === depth,
    minCharacters: shortest.length - depth,
    maxCharacters: longest - depth,
    acceptsAll: false,
    loopExits: undefined,
    kindOf: kinds.kindOf,
    get kindStarts() {
      return kinds.kindStarts
    },
    get samples() {
      return [...groups.keys()]
    },
    next,
    allowsAny: (first, last) => {
      for (const code of groups.keys()) if (code >= first && code <= last) return true
      return false
    },
    shortest: () => shortest.slice(depth),
    shortestFrom(first, last) {
      let best: readonly number[] | undefined
      for (const [code, group] of groups) {
        if (code < first || code > last) continue
        for (const text of group) if (best === undefined || text.length < best.length) best = text
      }
      return best?.slice(depth)
    },
  }
}
