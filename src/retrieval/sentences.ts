/** Sentences of a text with their places: Unicode's rules (UAX #29), and what they cut wrongly put together again. */

/** A stretch of a text, in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Words before a full stop that does not end a sentence. */
const abbreviations = new Set(
  'e.g i.e cf vs etc dr mr mrs ms prof st no nos fig figs eq eqs sec ch vol pp p al approx ca resp incl z.b d.h u.a bzw usw ggf vgl nr abb bspw'.split(
    ' ',
  ),
)

const segmenter = new Intl.Segmenter(undefined, { granularity: 'sentence' })

/**
 * The sentences of a stretch, without the space around them. Line breaks inside a paragraph do not end a sentence; blank lines do.
 * Every character that is no space is in exactly one sentence.
 */
export function sentencesOf(text: string, { start, end }: Span = { start: 0, end: text.length }): Span[] {
  // Unicode ends a sentence at every line break; here lines are mostly wrapped. Lengths are kept, so places stay.
  const unwrapped = text.slice(start, end).replaceAll(/\r\n|[\n\r\u2028]/g, (lineBreak) => ' '.repeat(lineBreak.length))
  const spans: Span[] = []
  for (const paragraph of paragraphsOf(text.slice(start, end))) {
    let from: number | undefined
    const body = unwrapped.slice(paragraph.start, paragraph.end)
    for (const { segment, index } of segmenter.segment(body)) {
      from ??= index
      const upTo = index + segment.length
      if (upTo < body.length && goesOn(body.slice(from, upTo))) continue
      pushTrimmed(spans, text, start + paragraph.start + from, start + paragraph.start + upTo)
      from = undefined
    }
  }
  return spans
}

/** Stretches between blank lines, without the space around them. */
export function paragraphsOf(text: string): Span[] {
  const spans: Span[] = []
  let from = 0
  for (const { 0: blank, index } of text.matchAll(/(?:\r\n|\n|\r)(?:[^\S\r\n]*(?:\r\n|\n|\r))+|\u2029/g)) {
    pushTrimmed(spans, text, from, index)
    from = index + blank.length
  }
  pushTrimmed(spans, text, from, text.length)
  return spans
}

/** Whether the next piece still belongs to what was cut here: after an abbreviation, an initial, or a list's number. */
function goesOn(piece: string): boolean {
  const word = /(\S+)\.["')\]]*\s+$/.exec(piece)?.[1]?.replace(/^["'([]+/, '')
  if (word === undefined) return false
  return abbreviations.has(word.toLowerCase()) || /^\p{Lu}$/u.test(word) || /^\s*\d+\.\s+$/.test(piece)
}

function pushTrimmed(spans: Span[], text: string, start: number, end: number): void {
  const stretch = text.slice(start, end)
  const trimmed = stretch.trim()
  if (trimmed === '') return
  const from = start + stretch.length - stretch.trimStart().length
  spans.push({ start: from, end: from + trimmed.length })
}
