/** chrF, the character n-gram F-score of a translation (Popović 2015). */

/** Longest n-grams of characters; spaces do not count. */
const longest = 6
/** How much more recall weighs than precision. */
const beta = 2

/**
 * chrF2 of one sentence against one reference, 0 to 1: precision and recall are the means over all lengths that either text has n-grams of,
 * as sacreBLEU computes it.
 */
export function chrF(translation: string, reference: string): number {
  const [given, wanted] = [translation, reference].map((text) => [...text.replaceAll(/\s/gu, '')])
  let precision = 0
  let recall = 0
  let lengths = 0
  for (let n = 1; n <= longest; n++) {
    const [ours, theirs] = [countNgrams(given, n), countNgrams(wanted, n)]
    const [all, expected] = [given.length - n + 1, wanted.length - n + 1]
    // A length that one of them is too short for says nothing.
    if (all <= 0 || expected <= 0) continue
    let shared = 0
    for (const [ngram, count] of ours) shared += Math.min(count, theirs.get(ngram) ?? 0)
    precision += shared / all
    recall += shared / expected
    lengths++
  }
  if (precision === 0 || recall === 0) return 0
  const [p, r] = [precision / lengths, recall / lengths]
  return ((1 + beta ** 2) * p * r) / (beta ** 2 * p + r)
}

function countNgrams(characters: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let at = 0; at + n <= characters.length; at++) {
    const ngram = characters.slice(at, at + n).join('')
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1)
  }
  return counts
}
