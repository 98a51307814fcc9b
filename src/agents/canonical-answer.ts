/** What an answer comes to, so that answers of different words can be counted as one. */

/** Numbers with their sign, thousands and fraction. */
const numberPattern = /[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?/g

/**
 * The answer that a text ends with, in a form that equal answers share: what follows the last "answer is" or "answer:", else the last line;
 * of that the number where it has exactly one, else its words without case, markup and punctuation. Undefined where nothing is left.
 */
export function canonicalAnswer(text: string): string | undefined {
  const lines = text.normalize('NFKC').split('\n')
  const last = lines.findLast((line) => /[\p{L}\p{N}]/u.test(line)) ?? ''
  const said = [...text.normalize('NFKC').matchAll(/answer(?:\s+is|\s*[:=])\s*:?\s*([^\n]*)/gi)].at(-1)?.[1]
  const plain = withoutMarks(said !== undefined && /[\p{L}\p{N}]/u.test(said) ? said : last)
  const numbers = plain.match(numberPattern) ?? []
  if (numbers.length === 1) return String(Number(String(numbers[0]).replaceAll(',', '')))
  const words = plain.toLowerCase().replace(/^[^\p{L}\p{N}-]+|[^\p{L}\p{N}%)\]]+$/gu, '')
  return words === '' ? undefined : words.replace(/^(?:the|an?)\s+/, '')
}

const withoutMarks = (text: string): string =>
  text
    .replaceAll(/[*_`$"'\u2018\u2019\u201c\u201d\\]|boxed/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
