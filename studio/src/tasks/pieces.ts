/** A text cut at the borders of places in it, which may overlap. */

export interface Span {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

export interface Piece {
  readonly text: string
  /** Which of the spans it lies in. */
  readonly spans: readonly number[]
}

/** @param spans in UTF-16 units; empty ones and those outside of the text mark nothing */
export function piecesOf(text: string, spans: readonly Span[]): readonly Piece[] {
  const inside = (at: number): number => Math.min(text.length, Math.max(0, at))
  const borders = new Set([0, text.length, ...spans.flatMap(({ start, end }) => [inside(start), inside(end)])])
  const sorted = [...borders].toSorted((a, b) => a - b)
  return sorted.slice(1).map((end, index) => {
    const start = sorted[index] ?? 0
    const within = spans.flatMap((span, place) => (span.start <= start && span.end >= end ? [place] : []))
    return { text: text.slice(start, end), spans: within }
  })
}
