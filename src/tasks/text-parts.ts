/** Texts cut into parts that a model can read: at paragraphs where possible, else at sentences, else at words. */
import { paragraphsOf, sentencesOf, type Span } from '../retrieval/sentences.ts'

type CountTokens = (text: string) => Promise<number>

/**
 * Consecutive parts of a text of at most `mostTokens` each; together they are the whole text but for the space between them.
 * @param countTokens of a text by itself
 */
export async function partsOf(text: string, mostTokens: number, countTokens: CountTokens): Promise<Span[]> {
  const pieces: { readonly span: Span; readonly tokens: number }[] = []
  for (const paragraph of paragraphsOf(text)) pieces.push(...(await piecesOf(text, paragraph, mostTokens, countTokens)))
  const parts: { start: number; end: number; tokens: number }[] = []
  for (const { span, tokens } of pieces) {
    const open = parts.at(-1)
    // The blank line between two pieces is a token of its own.
    if (open !== undefined && open.tokens + tokens + 1 <= mostTokens) {
      open.end = span.end
      open.tokens += tokens + 1
    } else parts.push({ ...span, tokens })
  }
  return parts.map(({ start, end }) => ({ start, end }))
}

async function piecesOf(
  text: string,
  span: Span,
  mostTokens: number,
  countTokens: CountTokens,
): Promise<{ span: Span; tokens: number }[]> {
  const tokens = await countTokens(text.slice(span.start, span.end))
  if (tokens <= mostTokens) return [{ span, tokens }]
  const smaller = smallerSpans(text, span)
  if (smaller.length < 2) return [{ span, tokens }]
  return (await Promise.all(smaller.map((part) => piecesOf(text, part, mostTokens, countTokens)))).flat()
}

/** The sentences of a stretch, or its two halves where it is one sentence. */
function smallerSpans(text: string, span: Span): Span[] {
  const sentences = sentencesOf(text, span)
  if (sentences.length > 1) return sentences
  const { start, end } = sentences[0] ?? span
  if (end - start < 2) return [{ start, end }]
  const middle = Math.floor((start + end) / 2)
  const space = text.slice(middle, end).search(/\s/)
  // Never between the halves of a surrogate pair.
  const half = /[\udc00-\udfff]/.test(text[middle]) ? middle + 1 : middle
  const cut = space < 0 || middle + space >= end - 1 ? half : middle + space
  return [
    { start, end: cut },
    { start: cut, end },
  ].filter((part) => part.end > part.start)
}
