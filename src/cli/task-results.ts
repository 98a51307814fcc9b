/** Results of text tasks as people read them in a terminal. */
import type { CitedAnswer } from '../tasks/answer.ts'
import type { Classification } from '../tasks/classify.ts'
import type { Correction } from '../tasks/correct.ts'
import type { Extraction } from '../tasks/extract-sourced.ts'
import type { Insights } from '../tasks/insights.ts'
import type { Summary } from '../tasks/summarise.ts'
import type { TaskEnd } from '../tasks/task-run.ts'
import type { TranslatedText } from '../tasks/translate.ts'
import { plainText } from './index-options.ts'
import type { Output } from './output.ts'

/** @param source what the task was given, for showing what a place in it says */
export function describeResult(task: string, result: unknown, source: string, output: Output): string {
  const describe = descriptions[task] ?? ((value: never) => JSON.stringify(value, null, 2))
  const { reason, spent } = result as TaskEnd
  const end = `${spent.modelCalls} calls, ${spent.tokensSeen} tokens, ${(spent.wallMs / 1000).toFixed(1)} s`
  output.note(output.dim(reason === 'answered' ? end : `${end}; ended by ${reason}`))
  return plainTextOf(describe(result as never, source, output))
}

/** Styles are ours, everything else is a stranger's. */
const plainTextOf = (lines: readonly string[] | string): string => [lines].flat().join('\n')

type Describe = (result: never, source: string, output: Output) => readonly string[] | string

const descriptions: Readonly<Record<string, Describe>> = {
  summarise: describeSummary,
  classify: describeLabels,
  sentiment: describeLabels,
  answer: describeAnswer,
  extract: describeRecords,
  insights: describeInsights,
  correct: describeCorrection,
  translate: ({ text }: TranslatedText) => plainText(text),
}

function describeSummary({ summary, support, dropped }: Summary, source: string, { dim }: Output): string[] {
  const places = support.map(({ sentence, start, end }, index) => {
    const quote = shorten(source.slice(start, end))
    return dim(`[${index + 1}] ${shorten(sentence)}\n    ${start}-${end}: "${quote}"`)
  })
  const left = dropped.map(({ sentence, fault }) => dim(`Left out: ${shorten(sentence)} (${fault})`))
  return [plainText(summary), '', ...places, ...left]
}

/** Blocks of a bar that is full. */
const barWidth = 32

/** A bar for each label, most probable first. */
function describeLabels({ labels, probabilities }: Classification, _: string, { bold, dim }: Output): string[] {
  const ranked = Object.entries(probabilities).toSorted(([, a], [, b]) => b - a)
  const width = Math.max(...ranked.map(([label]) => label.length))
  const bars = ranked.map(([label, share]) => {
    const filled = Math.round(share * barWidth)
    const bar = `${'\u2588'.repeat(filled)}${dim('\u2591'.repeat(barWidth - filled))}`
    const name = plainText(label).padEnd(width)
    return `${labels.includes(label) ? bold(name) : name}  ${bar}  ${(100 * share).toFixed(1).padStart(5)} %`
  })
  return labels.length === 0 ? [...bars, dim('No label is probable enough.')] : bars
}

function describeAnswer(result: CitedAnswer, _: string, { bold, dim }: Output): string[] {
  const { answered, answer, sentences, passages } = result
  const supported = sentences.filter(({ state }) => state === 'supported').flatMap(({ citations }) => citations)
  const sources = passages.flatMap(({ id, text }, place) => {
    const own = supported.filter(({ n }) => n === place + 1)
    const quotes = [...new Set(own.map(({ start, end }) => text.slice(start, end)))]
    return quotes.length === 0
      ? []
      : [`${bold(`[${place + 1}]`)} ${plainText(id)}: ${quotes.map((quote) => `"${shorten(quote)}"`).join(', ')}`]
  })
  const left = sentences
    .filter(({ state }) => state === 'unsupported')
    .map(({ text, fault }) => dim(`Left out: ${shorten(text)} (${fault})`))
  return [answered ? plainText(answer) : 'The documents do not answer this.', '', ...sources, ...left]
}

/** A line of JSON for each record, and under it where its values stand. */
function describeRecords({ records }: Extraction<unknown>, source: string, { dim }: Output): string[] {
  if (records.length === 0) return [dim('The text tells of no such record.')]
  return records.flatMap(({ value, spans }) => [
    plainText(JSON.stringify(value)),
    ...spans.map(({ path, span }) => {
      const place = span && `${span.start}-${span.end}: "${shorten(source.slice(span.start, span.end))}"`
      return dim(`    ${plainText(path)}  ${place ?? 'not in the text: inferred'}`)
    }),
  ])
}

function describeInsights({ insights, claims, single }: Insights, _: string, { bold, dim }: Output): string[] {
  const rows = insights.map(({ sentence, texts }) => `${bold(String(texts).padStart(4))}  ${plainText(sentence)}`)
  if (rows.length === 0) return [dim(`No insight: of ${claims} sentences none is said by enough texts.`)]
  return [...rows, dim(`${claims} sentences, ${single} of them in no insight.`)]
}

function describeCorrection({ text, edits }: Correction, _: string, { dim }: Output): string[] {
  const shown = edits.map(({ start, original, replacement }) => {
    return dim(`${start}: ${shorten(original) || '(nothing)'} -> ${shorten(replacement) || '(nothing)'}`)
  })
  return [plainText(text), ...(shown.length === 0 ? [] : ['', ...shown])]
}

/** Characters of a quote that are shown. */
const shownCharacters = 160

function shorten(text: string): string {
  const line = plainText(text).replaceAll(/\s+/g, ' ').trim()
  return line.length <= shownCharacters ? line : `${line.slice(0, shownCharacters - 1)}\u2026`
}
