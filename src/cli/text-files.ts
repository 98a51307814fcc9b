/** The texts of a folder: which files are read, and which are left out and why. */
import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { SourceDocument } from '../retrieval/index.ts'
import { OstroError } from '../util/error.ts'

export interface LeftOut {
  readonly path: string
  readonly reason: string
}

export interface TextFiles {
  /** Absolute or relative as the folder was given, in order of names. */
  readonly paths: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

const endings = new Set(['.md', '.markdown', '.mdx', '.txt', '.text', '.rst', '.log', ''])
/** Known for texts that are no plain ones. */
const marked = new Set(['.html', '.htm', '.xml', '.pdf', '.docx', '.odt', '.rtf', '.epub', '.doc', '.adoc', '.tex'])
const skippedFolders = new Set(['node_modules', '__pycache__'])
const mostBytes = 16 * 2 ** 20

/**
 * The texts below a folder, or the one file. Hidden files, links and folders of packages are passed over without a word; files of other
 * kinds of text, such as HTML and PDF, are left out by name.
 *
 * @throws OstroError `not-found`, `unsupported` for one file of such a kind
 */
export async function findTextFiles(root: string): Promise<TextFiles> {
  const found = { paths: [] as string[], leftOut: [] as LeftOut[] }
  if ((await statOf(root)).isFile()) {
    const reason = reasonAgainst(root)
    if (reason !== undefined) throw new OstroError('unsupported', `index: ${root}: ${reason}.`, { path: root })
    return { ...found, paths: [root] }
  }
  const visit = async (folder: string): Promise<void> => {
    const entries: Dirent[] = await readdir(folder, { withFileTypes: true })
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (entry.name.startsWith('.') || skippedFolders.has(entry.name)) continue
      if (entry.isDirectory()) await visit(path)
      else if (entry.isFile()) sortIn(path, found)
    }
  }
  await visit(root)
  return found
}

function sortIn(path: string, { paths, leftOut }: { paths: string[]; leftOut: LeftOut[] }): void {
  const reason = reasonAgainst(path)
  if (reason !== undefined) leftOut.push({ path, reason })
  else if (endings.has(extname(path).toLowerCase()) && !isCode(path)) paths.push(path)
}

/** Why a text of this kind is not read: its markup would be taken for words. */
function reasonAgainst(path: string): string | undefined {
  const ending = extname(path).toLowerCase()
  return marked.has(ending) ? `${ending} is not read; convert it to text or Markdown` : undefined
}

/** Files without an ending are texts such as README and LICENSE, or programs. */
function isCode(path: string): boolean {
  return extname(path) === '' && !/^[A-Z][A-Z_-]+$/.test(basename(path))
}

/** A file as a document; why not, where it is too large or no UTF-8 text. */
export async function readTextFile(path: string): Promise<SourceDocument | LeftOut> {
  const { size } = await statOf(path)
  if (size > mostBytes) return { path, reason: `larger than ${mostBytes / 2 ** 20} MiB; split it` }
  const bytes = await readFile(path)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? { path, reason: 'no text: it has zero bytes' } : { path, text }
  } catch {
    return { path, reason: 'not UTF-8; convert it' }
  }
}

async function statOf(path: string) {
  try {
    return await stat(path)
  } catch (cause) {
    throw new OstroError('not-found', `index: ${path} cannot be read. Check the path.`, { path }, { cause })
  }
}
