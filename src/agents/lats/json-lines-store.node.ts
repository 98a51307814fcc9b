/** A search in a file, one commit a line: survives the death of the process at any moment. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'
import { OstroError } from '../../util/error.ts'
import type { SearchCommit, SearchStore } from './rows.ts'

/**
 * @param path is made where there is none
 * @throws OstroError `store-unavailable` where the file cannot be read or written, or holds something else
 */
export function jsonLinesSearchStore(path: string): SearchStore {
  return {
    load: () => (existsSync(path) ? readCommits(path) : []),
    commit: (commit) => guarded(path, () => appendFileSync(path, `${JSON.stringify(commit)}\n`)),
  }
}

function readCommits(path: string): SearchCommit[] {
  const text = guarded(path, () => readFileSync(path, 'utf8'))
  // A line without an end was being written when the process died: that commit never was.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole.length < text.length) guarded(path, () => truncateSync(path, Buffer.byteLength(whole)))
  return guarded(path, () =>
    whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as SearchCommit),
  )
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const message = `search: a file of commits expected, ${path} is not to be read or written: ${String(cause)}`
    throw new OstroError('store-unavailable', message, { path }, { cause })
  }
}
