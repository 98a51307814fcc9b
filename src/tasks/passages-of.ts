/** Documents as passages that fit a prompt side by side. */
import { chunkText } from '../retrieval/chunk.ts'
import type { Passage } from '../retrieval/citations.ts'
import { estimateTokens } from '../retrieval/encoder.ts'

/** Passages of documents in their order; a document of one passage keeps its id, others get a number behind theirs. */
export async function passagesOf(documents: readonly Passage[]): Promise<Passage[]> {
  const cut = documents.map(async ({ id, text }) => {
    const chunks = await chunkText(text, { countTokens: estimateTokens, format: 'plain' })
    const several = chunks.length > 1
    return chunks.map((chunk, index) => ({ id: several ? `${id}#${index + 1}` : id, text: chunk.text }))
  })
  return (await Promise.all(cut)).flat()
}
