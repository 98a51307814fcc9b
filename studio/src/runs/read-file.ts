/** The text of a file that the user drops or chooses. */
import type { Passage } from './form-fields.ts'

const mostBytes = 8 * 2 ** 20

export type ReadFile = { readonly passage: Passage } | { readonly problem: string }

export async function readTextFile(file: File): Promise<ReadFile> {
  const { name, size } = file
  if (size > mostBytes) return { problem: `${name} is larger than ${mostBytes / 2 ** 20} MiB.` }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
    if (text.includes('\0')) return { problem: `${name} is no text.` }
    return { passage: { name, text } }
  } catch {
    // What is no UTF-8 has no letters to show; a file that cannot be read is as good as that.
    return { problem: `${name} is no text in UTF-8. Save it as plain text.` }
  }
}
