/**
 * A researched answer: `node examples/research-answer.ts [QUESTION] [FOLDER]`. Markdown files are cut into passages, the model drafts, searches
 * and revises, and a program checks every quote that it cites. By default the folder is Ostro's own documents.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { reportOn, research, type ResearchedAnswer, type ResearchOptions } from '../src/agents/index.ts'
import { type LanguageModel, load } from '../src/index.ts'
import { createPassageIndex, openSqliteStore } from '../src/retrieval/index.ts'

/** Answers a question from the Markdown files of a folder and tells every step. */
export async function showResearch(
  model: LanguageModel,
  question: string,
  folder: string,
  print: (text: string) => void,
  options: ResearchOptions = {},
): Promise<ResearchedAnswer | undefined> {
  using index = createPassageIndex(openSqliteStore(':memory:'))
  await index.add(await readMarkdown(folder))
  const retrieve: ResearchOptions['retrieve'] = async (query, { limit, signal }) =>
    (await index.search(query, { limit, signal })).map(({ path, firstLine, text }) => ({
      id: `${path}:${firstLine}`,
      text,
    }))
  let answer: ResearchedAnswer | undefined
  for await (const event of research(model, question, {
    retrieve,
    maxTokens: 300,
    temperature: 0,
    trials: 1,
    ...options,
  })) {
    if (event.type === 'call-start') print(`\n── ${event.purpose}\n`)
    if (event.type === 'text-delta') print(event.text)
    if (event.type === 'verdict-add') print(`\n── citations: ${event.verdict.feedback || 'all stand'}\n`)
    if (event.type === 'run-end') answer = event.result.best
  }
  if (answer !== undefined) print(cited(answer))
  return answer
}

/** The answer with its sources, and a mark at each sentence that no source backs. */
function cited(answer: ResearchedAnswer): string {
  const { sentences, citations } = reportOn(answer)
  const lines = sentences.map(({ claim, sources, state }) => {
    const marks = sources.map((n) => `[${n}]`).join('')
    return `${claim} ${marks}${state === 'supported' ? '' : ` (unsupported: ${state})`}`
  })
  const quoted = citations.map(({ n, passageId, quote, state }) => `[${n}] ${passageId ?? '?'}: "${quote}" (${state})`)
  // A small model gives the same quote for each of its sentences.
  return ['', ...lines, ...new Set(quoted), ''].join('\n')
}

async function readMarkdown(folder: string) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.md')).toSorted()
  return Promise.all(files.map(async (path) => ({ path, text: await readFile(join(folder, path), 'utf8') })))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [question = 'What do all threads of the wasm device share?', folder] = process.argv.slice(2)
  const documents = folder === undefined ? fileURLToPath(new URL('../docs', import.meta.url)) : resolve(folder)
  await using model = await load('smollm2:135m')
  await showResearch(model, question, documents, (text) => process.stdout.write(text))
}
