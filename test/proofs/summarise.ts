/**
 * A summary of a text of fifty pages by the default model: it has to end inside its budget, keep its length, and lead every sentence back
 * to a place of the text. The text is this project's own documents.
 */
import { readFile } from 'node:fs/promises'
import { load } from '../../src/index.ts'
import { countWords } from '../../src/tasks/central-sentences.ts'
import { summarise } from '../../src/tasks/summarise.ts'
import { realModelPath } from '../support/models.ts'

const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'docs/experiments.md',
  'docs/figures.md',
  'docs/proofs.md',
  'LICENSE',
]
/** Words of a page with headings and tables. */
const pageWords = 350
const pages = 50
const maxWords = 200
/** The text is read once in about 60,000 tokens; the rest is for requests, answers and joining. */
const budget = { tokens: 120_000 }

export async function summariseProof(): Promise<boolean> {
  const path = await realModelPath('smollm2')
  if (path === undefined) return false
  const text = await fiftyPages()
  await using model = await load(path)
  const result = await summarise(model, text, { maxWords, budget })
  const { summary, support, dropped, parts, spent, reason } = result
  console.log(
    `${countWords(text)} words, ${parts} parts, ${spent.modelCalls} calls, ${spent.tokensSeen} of ${budget.tokens} tokens, ${(spent.wallMs / 1000).toFixed(0)} s; ended by ${reason}`,
  )
  for (const { sentence, start, end, score } of support) {
    console.log(
      `\n${sentence}\n  ${start}-${end} (${score.toFixed(2)}): ${text.slice(start, end).replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    )
  }
  console.log(`\n${dropped.length} sentences left out; ${countWords(summary)} words`)
  const isTraced = support.length > 0 && support.every(({ start, end }) => end > start && end <= text.length)
  return isTraced && spent.tokensSeen <= budget.tokens && countWords(summary) <= maxWords && reason === 'answered'
}

async function fiftyPages(): Promise<string> {
  const texts = await Promise.all(documents.map((file) => readFile(file, 'utf8')))
  const words = texts.join('\n\n').split(/(?<=\s)(?=\S)/)
  return words.slice(0, pages * pageWords).join('')
}
