/** What `ostro index` and `ostro ask` share: where the index is, and its encoder. */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ArgsDef } from 'citty'
import { defaultEncoderName, homeOf } from '../hub/index.ts'
import { encoderOf, openSqliteStore, type PassageStore } from '../retrieval/index.ts'
import type { Encoder, SourceDocument } from '../retrieval/index.ts'
import { loadEncoder } from './encoder-options.ts'
import type { LoadFlags } from './model-options.ts'
import type { Output } from './output.ts'

export const indexArgs = {
  encoder: { type: 'string', description: `Model for meaning (Default: the index's, else ${defaultEncoderName})` },
  words: { type: 'boolean', description: 'By words alone, without an encoder' },
} as const satisfies ArgsDef

interface IndexFlags extends LoadFlags {
  readonly encoder?: string | undefined
  readonly words?: boolean | undefined
}

/** Of the one user of this machine's account. */
export function defaultIndexFile(): string {
  return join(homeOf(), 'index.sqlite')
}

/** Opens an index, or makes one with the folders that lead to it. @throws OstroError `store-unavailable` */
export function openIndexFile(file: string): PassageStore {
  mkdirSync(dirname(file), { recursive: true })
  return openSqliteStore(file)
}

/** An index's encoder; undefined where only words are wanted. Closing it is the caller's. */
export async function encoderFor(
  store: PassageStore,
  args: IndexFlags,
  output: Output,
  signal: AbortSignal,
): Promise<(Encoder & AsyncDisposable) | undefined> {
  if (args.words === true) return undefined
  const name = args.encoder ?? store.encoder()?.name ?? defaultEncoderName
  const model = await loadEncoder(name, args, output, signal)
  return { ...encoderOf(model, name), [Symbol.asyncDispose]: () => model.dispose() }
}

/** Characters of the first 0, 1, 2, ... documents, about. */
export function runningSizes(documents: readonly SourceDocument[]): number[] {
  const sizes = [0]
  for (const { text } of documents) sizes.push(sizes[sizes.length - 1] + text.length)
  return sizes
}

/** Text of a stranger for a terminal: nothing in it moves the cursor or changes colours. */
export function plainText(text: string): string {
  return text.replaceAll(/(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
