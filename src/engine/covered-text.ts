/** What a caller writes, kept apart from what a template writes: texts that look like control tokens go under a cover. */
import type { ChatMessage } from '../tools/index.ts'
import { OstroError } from '../util/error.ts'

export interface CoveredPart {
  readonly text: string
  readonly covered: boolean
}

export interface Covered<T> {
  /** The value with a cover name for each control text in its strings. */
  readonly value: T
  /** A text in which cover names may stand, as what they stand for and what is between them. */
  readonly split: (rendered: string) => CoveredPart[]
}

/** Covers the strings anywhere within `value`, which is plain data; its keys stay. */
export function coverControlTexts<T>(value: T, controlTexts: readonly string[]): Covered<T> {
  const texts = stringsOf(value)
  const found = controlTexts.filter((control) => texts.some((text) => text.includes(control)))
  if (found.length === 0) return { value, split: (text) => [{ text, covered: false }] }
  // Longest first, or the start of a longer one would be covered and its end left open.
  const longestFirst = found.toSorted((a, b) => b.length - a.length)
  // Characters of the private use area: no template trims or escapes them.
  const cover = (text: string): string =>
    longestFirst.reduce((covered, control, index) => covered.replaceAll(control, `\uE0F0${index}\uE0F1`), text)
  return {
    value: mapStrings(value, cover) as T,
    split: (rendered) =>
      rendered.split(/(\uE0F0\d+\uE0F1)/u).flatMap((part): CoveredPart[] => {
        const index = /^\uE0F0(\d+)\uE0F1$/u.exec(part)?.[1]
        const control = index === undefined ? undefined : longestFirst[Number(index)]
        if (control !== undefined) return [{ text: control, covered: true }]
        return part === '' ? [] : [{ text: part, covered: false }]
      }),
  }
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsOf)
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapStrings(member, change)]))
}

/** @throws OstroError `invalid-argument` */
export function checkMessages(messages: readonly ChatMessage[]): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new OstroError('invalid-argument', 'chat: a list of at least one message expected. Give { role, content }.')
  }
  messages.forEach((message: unknown, index) => {
    const { role, content } = (message ?? {}) as Partial<ChatMessage>
    const legal = content === undefined || content === null || typeof content === 'string' || Array.isArray(content)
    if (typeof role === 'string' && legal) return
    throw new OstroError(
      'invalid-argument',
      `chat: message ${index} must have a role and a content that are texts, got ${typeof role} and ${typeof content}.`,
      { index },
    )
  })
}
