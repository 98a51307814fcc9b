/**
 * Text as people compare it: Unicode compatibility forms (NFKC), typographic quotes, dashes and runs of space are made alike, and every
 * place of the folded text knows the place that it came from.
 */

export interface FoldedText {
  readonly text: string
  /** Start in the source of each UTF-16 unit of the folded text, and the source's length behind the last. */
  readonly starts: Uint32Array
  /** End in the source of each unit. */
  readonly ends: Uint32Array
}

/** A base with its marks, or jamo that compose: what NFKC may merge. Spaces, soft hyphens and zero-width signs are a run of their own. */
const cluster =
  /[\s\u00ad\u200b-\u200d\u2060\ufeff]+|[\u1100-\u11ff]+|[^\p{M}\s\u00ad\u200b-\u200d\u2060\ufeff]\p{M}*|\p{M}+/gu
const invisible = /^[\u00ad\u200b-\u200d\u2060\ufeff]+$/
const alike: readonly (readonly [RegExp, string])[] = [
  [/[\u2018-\u201b\u2032\u02bc]/g, "'"],
  [/[\u201c-\u201f\u2033\u00ab\u00bb]/g, '"'],
  [/[\u2010-\u2015\u2212\ufe58\ufe63]/g, '-'],
]

/** Folds a text; letters keep their case. */
export function foldText(source: string): FoldedText {
  const parts: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  let open = true // whether a space would begin the text or double another
  for (const match of source.matchAll(cluster)) {
    const [found] = match
    const isSpace = /^\s/.test(found.replaceAll(/[\u00ad\u200b-\u200d\u2060\ufeff]/g, ''))
    if (invisible.test(found) || (isSpace && open)) continue
    const folded = isSpace ? ' ' : foldCluster(found)
    parts.push(folded)
    open = isSpace
    for (let unit = 0; unit < folded.length; unit++) {
      starts.push(match.index)
      ends.push(match.index + found.length)
    }
  }
  return { text: parts.join(''), starts: Uint32Array.from(starts), ends: Uint32Array.from(ends) }
}

/** The source's range of a range of the folded text that is not empty. */
export function sourceRange(folded: FoldedText, start: number, end: number): { start: number; end: number } {
  return { start: folded.starts[start], end: folded.ends[end - 1] }
}

/** A folded text without the signs of Markdown's emphasis and code, which quotes tend to lose. */
export function withoutMarkup({ text, starts, ends }: FoldedText): FoldedText {
  const kept = Array.from(starts.keys()).filter((unit) => !'*_`'.includes(text[unit]))
  return {
    text: kept.map((unit) => text[unit]).join(''),
    starts: Uint32Array.from(kept, (unit) => starts[unit]),
    ends: Uint32Array.from(kept, (unit) => ends[unit]),
  }
}

function foldCluster(found: string): string {
  if (/^[\x21-\x7e]$/.test(found)) return found
  return alike.reduce(
    (text, [pattern, plain]) => text.replaceAll(pattern, plain),
    found.normalize('NFKC').replace(/\s+/g, ' '),
  )
}
