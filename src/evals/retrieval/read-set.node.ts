/** Sets for retrieval from the disk: folders of documents with questions, and trees of manual pages. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { SourceDocument } from '../../retrieval/index.ts'
import { OstroError } from '../../util/error.ts'
import type { RetrievalQuestion, RetrievalSet } from './evaluate.ts'
import { readManualPage } from './manual-page.ts'

/**
 * A set from a folder: either `documents/` and `questions.jsonl`, whose lines are `{"id", "question", "relevant": [path]}`; or manual
 * pages (`man1` ... `man8`, or a tree that holds `usr/share/man`): each page's description has to find the page without its section
 * NAME.
 *
 * @throws OstroError `not-found`, `invalid-file`
 */
export async function readRetrievalSet(folder: string): Promise<RetrievalSet> {
  const questions = join(folder, 'questions.jsonl')
  if (existsSync(questions)) return readWrittenSet(folder, questions)
  const tree = [folder, join(folder, 'usr/share/man'), join(folder, 'man')].find((path) =>
    existsSync(join(path, 'man1')),
  )
  if (tree !== undefined) return readManualPages(tree)
  const message = `retrieval: ${folder} has neither questions.jsonl nor manual pages (man1, man2, ...). Give another folder.`
  throw new OstroError('not-found', message, { folder })
}

async function readWrittenSet(folder: string, questionsFile: string): Promise<RetrievalSet> {
  const root = join(folder, 'documents')
  const names = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const documents = await Promise.all(
    names.map(async ({ parentPath, name }): Promise<SourceDocument> => {
      const path = join(parentPath, name)
      return { path: relative(root, path), text: await readFile(path, 'utf8') }
    }),
  )
  const known = new Set(documents.map(({ path }) => path))
  const lines = (await readFile(questionsFile, 'utf8')).split('\n').filter((line) => line.trim() !== '')
  const questions = lines.map((line, at) => readQuestion(line, `${questionsFile}:${at + 1}`, known))
  return { name: folder, documents: documents.toSorted((a, b) => (a.path < b.path ? -1 : 1)), questions }
}

function readQuestion(line: string, where: string, known: ReadonlySet<string>): RetrievalQuestion {
  const wrong = (cause?: unknown): OstroError => {
    const message = `${where}: {"id", "question", "relevant": [paths of documents]} expected.`
    return new OstroError('invalid-file', message, { where }, { cause })
  }
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw wrong(cause)
  }
  const { id, question, relevant } = Object(value) as Record<string, unknown>
  const paths: unknown[] = Array.isArray(relevant) ? relevant : []
  const isPath = (path: unknown): path is string => typeof path === 'string' && known.has(path)
  if (typeof id !== 'string' || typeof question !== 'string' || paths.length === 0 || !paths.every(isPath))
    throw wrong()
  return { id, question, relevant: paths }
}

async function readManualPages(tree: string): Promise<RetrievalSet> {
  const documents: SourceDocument[] = []
  const questions: RetrievalQuestion[] = []
  for (const section of (await readdir(tree)).filter((name) => /^man\d\w*$/.test(name)).toSorted()) {
    for (const entry of (await readdir(join(tree, section), { withFileTypes: true })).toSorted(byName)) {
      // Links are other names of pages that are there already.
      if (!entry.isFile()) continue
      const bytes = await readFile(join(tree, section, entry.name))
      const source = (entry.name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
      const page = readManualPage(source)
      if (page === undefined) continue
      const path = `${section}/${entry.name}`
      documents.push({ path, title: page.name, text: page.text, format: 'markdown' })
      questions.push({ id: path, question: page.description, relevant: [path] })
    }
  }
  return { name: `manual pages of ${tree}`, documents, questions }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1)
