/** A document as its passages: cut, named by the hashes of their contents, with what an encoder reads of each. */
import { chunkText, type TokenCounter } from './chunk.ts'
import { type Encoder, estimateTokens } from './encoder.ts'
import type { StoredDocument, StoredPassage } from './passage-store.ts'
import type { TextFormat } from './sections.ts'

export interface SourceDocument {
  /** What the document is known by: adding another of the same path takes its place. */
  readonly path: string
  readonly text: string
  /** Default the path's last part without its ending. */
  readonly title?: string | undefined
  /** Default by the path's ending, else `plain`. */
  readonly format?: TextFormat | undefined
}

export interface PreparedDocument extends StoredDocument {
  readonly passages: readonly (StoredPassage & {
    /** Title and headings, then the text. */
    readonly embedded: string
  })[]
}

/** Changes with whatever makes other passages of the same document, so that an index made before is renewed. */
const recipe = 'passages/1'

/** Of the 256 tokens that MiniLM reads, 200 are the passage's and 2 open and close it. */
const mostPathTokens = 48

/** The document's passages; undefined where they are those of `knownHash`. */
export async function prepareDocument(
  document: SourceDocument,
  encoder: Encoder | undefined,
  knownHash: string | undefined,
): Promise<PreparedDocument | undefined> {
  const { path, text, title = titleOf(path), format = formatOf(path) } = document
  const hash = await hashOf([recipe, encoder?.name ?? '', format, title, text].join('\0'))
  if (hash === knownHash) return undefined
  const count = encoder?.countTokens ?? estimateTokens
  const countTokens: TokenCounter = (texts) => count(texts.map(withoutRules))
  const chunks = (await chunkText(text, { countTokens, format })).filter(({ text: own }) => /[\p{L}\p{N}]/u.test(own))
  const paths = await fitPaths(
    chunks.map(({ headings }) => [title, ...headings]),
    countTokens,
  )
  const lineAt = lineCounter(text)
  const passages = chunks.map(async ({ text: own, start, end, headings }, index) => {
    const embedded = [paths[index].join(' > '), withoutRules(own)].filter((part) => part !== '').join('\n')
    const id = await hashOf(`${encoder?.name ?? ''}\0${embedded}`)
    return { id, text: own, start, end, firstLine: lineAt(start), lastLine: lineAt(end - 1), headings, embedded }
  })
  return { path, title, hash, passages: await Promise.all(passages) }
}

const formats: readonly (readonly [RegExp, TextFormat])[] = [
  [/\.(?:md|markdown|mdx)$/i, 'markdown'],
  [/\.rst$/i, 'restructured'],
]

function formatOf(path: string): TextFormat {
  return formats.find(([ending]) => ending.test(path))?.[1] ?? 'plain'
}

function titleOf(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.[^.]+$/, '')
}

/** Paths of headings that leave room for the passage: the outermost are left out first. */
async function fitPaths(
  paths: readonly (readonly string[])[],
  countTokens: TokenCounter,
): Promise<readonly string[][]> {
  const joined = paths.map((path) => path.join(' > '))
  const distinct = [...new Set(joined)].filter((path) => path !== '')
  const counts = new Map((await countTokens(distinct)).map((count, index) => [distinct[index], count]))
  const fits = paths.map((_, index) => (counts.get(joined[index]) ?? 0) <= mostPathTokens)
  if (fits.every(Boolean)) return paths.map((path) => [...path])
  return fitPaths(
    paths.map((path, index) => (fits[index] ? path : path.slice(1))),
    countTokens,
  )
}

/** Lines drawn with signs, as tables have, shortened: to an encoder each sign is a token. */
function withoutRules(text: string): string {
  return text.replaceAll(/([^\p{L}\p{N}\s])\1{3,}/gu, '$1$1$1')
}

/** Numbers of lines of places that are asked for in rising order, or nearly so. */
function lineCounter(text: string): (place: number) => number {
  const breaks = [...text.matchAll(/\r\n|\n|\r/g)].map(({ index }) => index)
  return (place) => {
    let [low, high] = [0, breaks.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (breaks[middle] < place) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

/** The first 128 bits of SHA-256, in hexadecimal. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
