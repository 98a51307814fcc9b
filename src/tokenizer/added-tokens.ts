/** Finds the tokens that stand for themselves in a text (control and user-defined tokens): leftmost first, longest of those. */
import { createTrie } from './trie.ts'

export interface AddedToken {
  readonly text: string
  readonly id: number
  /** Also takes the white space before (after) it. */
  readonly stripsLeft?: boolean
  readonly stripsRight?: boolean
  /** Matches only where no letter, digit or underscore touches it. */
  readonly wholeWord?: boolean
}

/** Calls `onText` for each stretch of ordinary text and `onToken` for each token found, in order. */
export type AddedTokenSplitter = (text: string, onText: (text: string) => void, onToken: (id: number) => void) => void

export function createAddedTokenSplitter(tokens: readonly AddedToken[]): AddedTokenSplitter {
  const trie = createTrie()
  const starts = new Uint8Array(65536)
  for (const [index, token] of tokens.entries()) {
    if (token.text === '') continue
    trie.add(token.text, index)
    starts[token.text.charCodeAt(0)] = 1
  }

  /** Index of the longest token at `from`, or -1. */
  function longestAt(text: string, from: number): number {
    let found = -1
    let node = 0
    for (let at = from; at < text.length; at++) {
      node = trie.step(node, text.charCodeAt(at))
      if (node < 0) break
      const index = trie.value(node)
      if (index >= 0 && (!tokens[index].wholeWord || isWholeWord(text, from, at + 1))) found = index
    }
    return found
  }

  return (text, onText, onToken) => {
    let plainFrom = 0
    let at = 0
    while (at < text.length) {
      const index = starts[text.charCodeAt(at)] === 1 ? longestAt(text, at) : -1
      if (index < 0) {
        at++
        continue
      }
      const token = tokens[index]
      let end = at + token.text.length
      let plainEnd = at
      if (token.stripsLeft) while (plainEnd > plainFrom && isSpace(text, plainEnd - 1)) plainEnd--
      if (token.stripsRight) while (end < text.length && isSpace(text, end)) end++
      if (plainEnd > plainFrom) onText(text.slice(plainFrom, plainEnd))
      onToken(token.id)
      plainFrom = at = end
    }
    if (plainFrom < text.length) onText(text.slice(plainFrom))
  }
}

function isSpace(text: string, at: number): boolean {
  return /\p{White_Space}/u.test(text.charAt(at))
}

function isWholeWord(text: string, from: number, end: number): boolean {
  const word = /[\p{L}\p{N}\p{M}_]/u
  return !(from > 0 && word.test(text.charAt(from - 1))) && !(end < text.length && word.test(text.charAt(end)))
}
