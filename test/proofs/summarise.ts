/**
 * A summary of a text of fifty pages by the default model: it has to end inside its budget, keep its length, and lead every sentence back
 * to a place of the text. The text is this project's own documents.
 */
import { readdir, readFile } from 'node:fs/promises'
import { load } from '../../src/index.ts'
import { countWords } from '../../src/tasks/central-sentences.ts'
import { summarise, type Summary } from '../../src/tasks/summarise.ts'
import type { TaskEnd } from '../../src/tasks/task-run.ts'
import { realModelPath } from '../support/models.ts'

const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'docs/experiments.md',
  'docs/figures.md',
  'LICENSE',
]
const folder = 'docs/decisions'
/** Words of a page with headings and tables. */
const pageWords = 350
const pages = 50
const maxWords = 200
/** The text is read once in about 60,000 tokens; the rest is for requests, answers and joining. */
const budget = { tokens: 120_000 }

/** As `ostro do summarise` does by default, then with an encoder, which refuses more. */
export async function summariseProof(): Promise<boolean> {
  const [modelPath, encoderPath] = await Promise.all([realModelPath('smollm2'), realModelPath('minilm')])
  if (modelPath === undefined || encoderPath === undefined) return false
  const text = await fiftyPages()
  await using model = await load(modelPath)
  await using encoder = await load(encoderPath)
  const plain = holds(text, await summarise(model, text, { maxWords, budget }))
  const withEncoder = holds(text, await summarise(model, text, { maxWords, budget, encoder }))
  return plain && withEncoder
}

function holds(text: string, { summary, support, dropped, parts, spent, reason }: Summary & TaskEnd): boolean {
  console.log(
    `\n${countWords(text)} words, ${parts} parts, ${spent.modelCalls} calls, ${spent.tokensSeen} of ${budget.tokens} tokens, ${(spent.wallMs / 1000).toFixed(0)} s; ended by ${reason}`,
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

/** Whole documents, and of the last one so much that the words suffice. */
async function fiftyPages(): Promise<string> {
  const decisions = (await readdir(folder)).toSorted().map((name) => `${folder}/${name}`)
  const wanted = pages * pageWords
  let text = ''
  let words = 0
  for (const file of [...documents, ...decisions]) {
    for (const paragraph of (await readFile(file, 'utf8')).split(/(?<=\n\n)/)) {
      if (words >= wanted) return text
      text += paragraph
      words += countWords(paragraph)
    }
    text += '\n\n'
  }
  throw new Error(`summarise: ${wanted} words expected in the documents, got ${words}`)
}
