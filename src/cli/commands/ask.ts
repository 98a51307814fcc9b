/** ostro ask: a question to indexed texts, answered with sources whose quotes were checked. */
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { defaultModelName } from '../../hub/index.ts'
import {
  type Citation,
  createPassageIndex,
  type FoundPassage,
  type PassageIndex,
  type Reranker,
} from '../../retrieval/index.ts'
import { answer, type CitedAnswer } from '../../tasks/answer.ts'
import { OstroError } from '../../util/error.ts'
import { defineCommand } from '../command.ts'
import { loadEncoder } from '../encoder-options.ts'
import { defaultIndexFile, encoderFor, indexArgs, openIndexFile, plainText } from '../index-options.ts'
import { count, loadArgs, loadModel } from '../model-options.ts'
import type { Output } from '../output.ts'

/** Passages that a small model still reads with care. */
const givenPassages = 6

export const command = defineCommand({
  args: {
    question: { type: 'positional', required: true, description: 'What you want to know' },
    index: { type: 'string', description: 'File of the index (Default: that of your account)' },
    model: { type: 'string', description: 'Model that answers', default: defaultModelName },
    passages: { type: 'string', description: `Passages that are looked up; default ${givenPassages}` },
    reranker: { type: 'string', description: 'Cross-encoder that ranks the best 30 passages again (Default: none)' },
    'sources-only': { type: 'boolean', description: 'Print the passages, without an answer' },
    ...indexArgs,
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const file = args.index ?? defaultIndexFile()
    if (!existsSync(file)) {
      throw new OstroError('not-found', `ask: no index at ${file}. Make one with ostro index FOLDER.`, { file })
    }
    using store = openIndexFile(file)
    const words = args.words === true || store.encoder() === undefined
    await using encoder = await encoderFor(store, { ...args, words }, output, signal)
    await using reranker =
      args.reranker === undefined ? undefined : await loadEncoder(args.reranker, args, output, signal)
    const index = createPassageIndex(store, encoder)
    const limit = count('passages', args.passages) ?? givenPassages
    if (args['sources-only'] === true) {
      const found = await index.search(args.question, { limit, reranker, signal })
      if (found.length === 0) output.note('Nothing found.')
      found.forEach((passage, place) => printPassage(passage, place + 1, output))
      return
    }
    await using model = await loadModel(args.model, args, output, signal)
    const search = keepFound(index, reranker)
    const result = await answer(model, args.question, search, { mostPassages: limit, signal })
    printAnswer(result, search.found, output)
  },
})

/** A search that keeps what it found: an answer's passages lead back to their files. */
function keepFound(index: PassageIndex, reranker: Reranker | undefined) {
  const found = new Map<string, FoundPassage>()
  return {
    found,
    search: async (question: string, options: { readonly limit: number; readonly signal: AbortSignal }) => {
      const passages = await index.search(question, { ...options, reranker })
      for (const passage of passages) found.set(passage.id, passage)
      return passages
    },
  }
}

function printPassage(passage: FoundPassage, n: number, output: Output): void {
  const { path, firstLine, lastLine, headings, text, score } = passage
  const where = `${placeOf(path, firstLine, lastLine)}${headings.length > 0 ? `  ${headings.join(' > ')}` : ''}`
  const value = { n, path, firstLine, lastLine, headings, text, score }
  output.print(value, `${output.bold(`[${n}]`)} ${plainText(where)}\n${indented(text)}\n`)
}

function printAnswer(result: CitedAnswer, found: ReadonlyMap<string, FoundPassage>, output: Output): void {
  const { answered, sentences, passages } = result
  const sources = passages.flatMap(({ id }, place) => {
    const passage = found.get(id)
    const quotes = sentences.flatMap(({ citations, state }) =>
      state === 'supported' ? citations.filter(({ n }) => n === place + 1) : [],
    )
    return passage && quotes.length > 0 ? [sourceOf(passage, place + 1, quotes)] : []
  })
  const unsupported = sentences
    .filter(({ state }) => state === 'unsupported')
    .map(({ text, fault }) => ({ text, fault }))
  const text = answered ? result.answer : 'The indexed texts do not answer this.'
  const lines = sources.map(
    ({ n, path, firstLine, lastLine, quotes }) =>
      `${output.bold(`[${n}]`)} ${placeOf(path, firstLine, lastLine)}\n${quotes.map((quote) => indented(`"${quote}"`)).join('\n')}`,
  )
  const left = unsupported.map(({ text: sentence, fault }) =>
    output.dim(`Left out: ${plainText(`${sentence} (${fault})`)}`),
  )
  const shown = [plainText(text), ...lines, ...left].join('\n\n')
  output.print({ answered, answer: result.answer, sources, unsupported }, shown)
}

/** The lines of a file that the quotes stand in. */
function sourceOf(passage: FoundPassage, n: number, citations: readonly Citation[]) {
  const start = Math.min(...citations.map((citation) => citation.start))
  const end = Math.max(...citations.map((citation) => citation.end))
  const firstLine = passage.firstLine + breaksIn(passage.text.slice(0, start))
  const lastLine = firstLine + breaksIn(passage.text.slice(start, end))
  const quotes = [...new Set(citations.map((citation) => passage.text.slice(citation.start, citation.end)))]
  return { n, path: passage.path, firstLine, lastLine, quotes }
}

function breaksIn(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0
}

function placeOf(path: string, firstLine: number, lastLine: number): string {
  const near = relative('.', path)
  return `${near.startsWith('..') ? path : near}:${firstLine}${lastLine > firstLine ? `-${lastLine}` : ''}`
}

function indented(text: string): string {
  return plainText(text).replaceAll(/^/gm, '    ')
}
