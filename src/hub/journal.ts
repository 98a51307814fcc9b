/**
 * Which blocks of a download are on disk. An append-only text file: one header line that names the bytes, then one line per finished block.
 * A block is 256 KiB: with at most 8 ranges open, a killed process loses 2 MiB of received data at most, far less than one chunk of 8 MiB.
 */
import { open, readFile, writeFile, type FileHandle } from 'node:fs/promises'

export const blockBytes = 256 << 10

export interface Journal {
  /** done[i] is 1 when block i is on disk. */
  readonly done: Uint8Array
  readonly mark: (block: number) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Opens the journal of these bytes; one of other bytes is started anew.
 * @param identity what the bytes are: equal identities mean equal bytes
 */
export async function openJournal(path: string, identity: string, blockCount: number): Promise<Journal> {
  const header = JSON.stringify({ version: 1, identity, blockCount, blockBytes })
  const done = new Uint8Array(blockCount)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  // What follows the last newline is a line that a dying process did not finish.
  const lines = text.split('\n').slice(0, -1)
  if (lines[0] === header) {
    for (const line of lines.slice(1)) {
      const block = Number(line)
      if (Number.isInteger(block) && block >= 0 && block < blockCount && line !== '') done[block] = 1
    }
  }
  const kept = [...done.keys()].filter((block) => done[block] === 1)
  await writeFile(path, [header, ...kept].join('\n') + '\n')
  const handle: FileHandle = await open(path, 'a')
  return {
    done,
    mark: async (block) => {
      done[block] = 1
      await handle.write(`${block}\n`)
    },
    close: () => handle.close(),
  }
}
