/** Words in small letters, alike where only their endings differ: `calculate` and `calculator`, `triangle` and `triangles`. */

/** Shorter words hold sentences together in most languages. */
export const leastLetters = 4

/** Different words by their first letters, which the forms of a word share: what is looked up is soon found. */
export type Words = ReadonlyMap<string, readonly string[]>

/** The words of at least so many letters. Names in snake and camel case are taken apart. */
export function wordsOf(text: string, least: number = leastLetters): Words {
  const words = new Map<string, string[]>()
  for (const word of new Set(splitWords(text))) {
    if (word.length < least) continue
    const alike = words.get(firstLetters(word))
    if (alike === undefined) words.set(firstLetters(word), [word])
    else alike.push(word)
  }
  return words
}

/** All words in their order, in small letters. */
export function splitWords(text: string): readonly string[] {
  return (
    text
      .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  )
}

export function isIn(word: string, others: Words): boolean {
  return others.get(firstLetters(word))?.some((other) => isSameWord(word, other)) ?? false
}

export function isSameWord(a: string, b: string): boolean {
  if (a === b) return true
  const longest = Math.max(a.length, b.length)
  let shared = 0
  while (shared < longest && a[shared] === b[shared]) shared++
  return shared >= leastLetters && shared >= 0.6 * longest
}

function firstLetters(word: string): string {
  return word.slice(0, leastLetters)
}

/** Descriptions end in notes that many functions share. */
export function firstSentence(text: unknown): string {
  return typeof text === 'string' ? (text.split(/[.!?](?:\s|$)/)[0] ?? '') : ''
}
