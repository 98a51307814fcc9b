/** What no task may change in a text: code, addresses, placeholders and numbers. */
import { sentencesOf, type Span } from '../retrieval/sentences.ts'

/** Code between backticks, web and mail addresses, `{name}`, `${name}`, `%s`, `%(name)s`, tags and entities. */
const fixed =
  /```[\s\S]*?```|`[^`\n]+`|\b(?:https?|ftp|file):\/\/[^\s<>"')\]]*[^\s<>"')\].,;:!?]|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\$?\{\{?[^{}\n]*\}?\}|%\(\w+\)[sdif]|%[sdif]\b|<\/?[a-zA-Z][^<>\n]*>|&#?\w+;/g
const number = /\d+(?:[.,:\u2009\u202f]\d+)*/g

/** Code, addresses and placeholders, in order. */
export function fixedSpans(text: string): Span[] {
  return [...text.matchAll(fixed)].map(({ 0: found, index }) => ({ start: index, end: index + found.length }))
}

/** The sentences of a text; none ends inside code or an address. */
export function sentencesAround(text: string): Span[] {
  return sentencesOf(
    fixedSpans(text).reduce((covered, { start, end }) => {
      return `${covered.slice(0, start)}${'x'.repeat(end - start)}${covered.slice(end)}`
    }, text),
  )
}

/** Those and the numbers outside them, as they are written, sorted: equal lists mean that nothing was lost, changed or added. */
export function protectedTexts(text: string): string[] {
  const spans = fixedSpans(text)
  const rest = spans.reduceRight((left, { start, end }) => `${left.slice(0, start)} ${left.slice(end)}`, text)
  const kept = spans.map(({ start, end }) => text.slice(start, end))
  return [...kept, ...(rest.match(number) ?? [])].toSorted()
}

export function sameProtected(source: string, changed: string): boolean {
  const [before, after] = [protectedTexts(source), protectedTexts(changed)]
  return before.length === after.length && before.every((text, index) => text === after[index])
}
