/** Whether a change of words corrects them or says something else. */
import { type Edit, wordPieces } from './word-diff.ts'

/** Words that carry grammar and not content: corrections put them in, take them out and swap them. English, where small models rewrite most. */
const grammarWords = new Set(
  "a an the i you he she it we they me him her us them my your his its our their mine yours ours theirs this that these those there is are am was were be been being do does did done doesn't don't didn't isn't aren't wasn't weren't has have had haven't hasn't hadn't will would can could shall should may might must to of in on at by for from with into onto than then as so and or nor but if of off too two who whom which whose what when where not it's i'm you're they're we're he's she's much many few less fewer some any".split(
    ' ',
  ),
)

/** Most words that one correction may add or take away. */
const mostAdded = 1
/** Share of letters that a misspelled or misinflected word has in common with the right one. */
const leastLikeness = 0.55

/** True for spelling, inflection, punctuation and words of grammar; false for other words of content, and for whole phrases. */
export function isCorrection({ original, replacement }: Edit): boolean {
  const [before, after] = [original, replacement].map((text) =>
    wordPieces(text).filter((piece) => /[\p{L}\p{N}]/u.test(piece)),
  )
  if (Math.abs(before.length - after.length) > mostAdded) return false
  // Words are neither joined nor parted: names and terms are often written so on purpose.
  if (before.join('') === after.join(''))
    return before.length === after.length && isPunctuation({ original, replacement })
  const joined = [before, after].map((words) => words.join('').toLowerCase())
  if (likeness(joined[0], joined[1]) >= leastLikeness && joined.every((text) => text !== '')) return true
  const changedBefore = before.filter((word) => !after.includes(word))
  const changedAfter = after.filter((word) => !before.includes(word))
  return [...changedBefore, ...changedAfter].every((word) =>
    grammarWords.has(word.toLowerCase().replaceAll('\u2019', "'")),
  )
}

/** Whether an edit leaves all words as they are. */
export function isPunctuation({ original, replacement }: Pick<Edit, 'original' | 'replacement'>): boolean {
  const letters = (text: string): string => text.replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '')
  return letters(original) === letters(replacement) && original.trim() !== replacement.trim()
}

/** 1 less the share of letters to change (Levenshtein 1966); 1 too where letters are only moved, or an ending is added. */
function likeness(a: string, b: string): number {
  const longest = Math.max(a.length, b.length)
  if (longest === 0) return 1
  const moved = [...a].toSorted().join('') === [...b].toSorted().join('') ? 1 : 0
  // "go" and "goes" share half of their letters only.
  if (Math.min(a.length, b.length) > 1 && (a.startsWith(b) || b.startsWith(a))) return 1
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return Math.max(moved, 1 - row[b.length] / longest)
}
