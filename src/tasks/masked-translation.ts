/** A sentence translated around what may not change: masks stand in for it, and where a translation loses one, the parts between. */
import type { Span } from '../retrieval/sentences.ts'
import { fixedSpans, sameProtected } from './protected-spans.ts'

type TranslateText = (text: string) => Promise<string>

/** Numbers too, for sentences whose numbers a translation changes. */
const numbers = /\d+(?:[.,:\u2009\u202f]\d+)*/g

/** Translates a sentence; code, addresses, placeholders and numbers come out byte for byte. */
export async function translateAround(sentence: string, translate: TranslateText): Promise<string> {
  const spans = fixedSpans(sentence)
  const letter = maskLetter(sentence)
  const whole = unmask(await translate(mask(sentence, spans, letter)), sentence, spans, letter)
  if (whole !== undefined && sameProtected(sentence, whole)) return whole
  const byParts = await translateBetween(sentence, spans, translate)
  if (sameProtected(sentence, byParts)) return byParts
  return translateBetween(sentence, withNumbers(sentence, spans), translate)
}

/** `X1` for the first span, ...: names of things, which translators copy. */
function mask(sentence: string, spans: readonly Span[], letter: string): string {
  return spans.reduceRight(
    (text, { start, end }, index) => `${text.slice(0, start)}${letter}${index + 1}${text.slice(end)}`,
    sentence,
  )
}

/** The translation with the spans in place of their masks; undefined where one is lost, doubled or invented. */
function unmask(translated: string, sentence: string, spans: readonly Span[], letter: string): string | undefined {
  if (spans.length === 0) return translated
  const found = [...translated.matchAll(new RegExp(`${letter}(\\d+)`, 'g'))].map(([, n]) => Number(n))
  const each = found.toSorted((a, b) => a - b)
  if (each.length !== spans.length || each.some((n, index) => n !== index + 1)) return undefined
  return translated.replaceAll(new RegExp(`${letter}(\\d+)`, 'g'), (_, n: string) => {
    const { start, end } = spans[Number(n) - 1]
    return sentence.slice(start, end)
  })
}

function maskLetter(sentence: string): string {
  return ['X', 'Q', 'Z', 'W', 'XQ', 'QZ', 'ZXW'].find((letter) => !new RegExp(`${letter}\\d`).test(sentence)) ?? 'QXZW'
}

async function translateBetween(sentence: string, spans: readonly Span[], translate: TranslateText): Promise<string> {
  const parts: string[] = []
  let at = 0
  for (const { start, end } of [...spans, { start: sentence.length, end: sentence.length }]) {
    parts.push(await translatePart(sentence.slice(at, start), translate), sentence.slice(start, end))
    at = end
  }
  return parts.join('')
}

/** A part keeps the space and the signs around it; one that a translation puts a number into stays as it is. */
async function translatePart(part: string, translate: TranslateText): Promise<string> {
  const [, before = '', body = '', behind = ''] = /^([^\p{L}\p{N}]*)([\s\S]*?)([^\p{L}\p{N}]*)$/u.exec(part) ?? []
  if (!/\p{L}/u.test(body)) return part
  const translated = (await translate(body)).replace(/[.\u3002]$/, '')
  return sameProtected(body, translated) ? `${before}${translated}${behind}` : part
}

function withNumbers(sentence: string, spans: readonly Span[]): Span[] {
  const outside = [...sentence.matchAll(numbers)]
    .map(({ 0: found, index }) => ({ start: index, end: index + found.length }))
    .filter(({ start }) => !spans.some((span) => span.start <= start && start < span.end))
  return [...spans, ...outside].toSorted((a, b) => a.start - b.start)
}
