/** ostro index: makes the texts of a folder findable, and renews what has changed. */
import { resolve, sep } from 'node:path'
import { createPassageIndex, type SourceDocument } from '../../retrieval/index.ts'
import { defineCommand } from '../command.ts'
import { encoderArgs } from '../encoder-options.ts'
import { defaultIndexFile, encoderFor, indexArgs, openIndexFile, plainText, runningSizes } from '../index-options.ts'
import type { Output } from '../output.ts'
import { findTextFiles, type LeftOut, readTextFile } from '../text-files.ts'

export const command = defineCommand({
  args: {
    folder: {
      type: 'positional',
      required: true,
      description: 'Folder of texts (Markdown, plain text, reStructuredText), or a file',
    },
    to: { type: 'string', description: 'File of the index (Default: one for your account)' },
    remove: { type: 'boolean', description: 'Take the documents of the folder out of the index' },
    ...indexArgs,
    ...encoderArgs,
  },
  run: async ({ args, output, signal }) => {
    const root = resolve(args.folder)
    const file = args.to ?? defaultIndexFile()
    using store = openIndexFile(file)
    const known = [...store.documents().keys()].filter((path) => path === root || path.startsWith(root + sep))
    if (args.remove === true) {
      const removed = store.remove(known)
      return output.print({ index: file, removed }, `Removed ${removed} documents from ${file}.`)
    }
    const { paths, leftOut } = await findTextFiles(root)
    const documents = await readAll(paths, leftOut, output)
    await using encoder = await encoderFor(store, args, output, signal)
    const index = createPassageIndex(store, encoder)
    const progress = output.progress(`Indexing ${root}`)
    const sizes = runningSizes(documents)
    const report = await index
      .add(documents, { signal, onProgress: ({ done, total }) => progress.update(sizes[done], sizes[total]) })
      .finally(() => progress.end())
    const here = new Set(documents.map(({ path }) => path))
    const removed = index.remove(known.filter((path) => !here.has(path)))
    const { added, changed, unchanged, embedded } = report
    output.print(
      { index: file, ...report, removed },
      `${added} documents added, ${changed} changed, ${unchanged} unchanged, ${removed} removed; ${embedded} passages embedded.\nIndex: ${file}`,
    )
  },
})

/** The files that are texts; a line for each that is left out. */
async function readAll(
  paths: readonly string[],
  leftOut: readonly LeftOut[],
  output: Output,
): Promise<SourceDocument[]> {
  const documents: SourceDocument[] = []
  const refused = [...leftOut]
  for (const path of paths) {
    const read = await readTextFile(path)
    if ('reason' in read) refused.push(read)
    else documents.push(read)
  }
  for (const { path, reason } of refused) output.note(plainText(`Left out ${path}: ${reason}.`))
  return documents
}
