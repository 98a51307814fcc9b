/** An index as a tool: a model asks, and reads the passages with their sources. */
import { type Tool, tool } from '../tools/tool.ts'
import type { PassageIndex } from './passage-index.ts'

const readAtOnce = 3

/** @param name what the model calls it, 1 to 64 of `a-z A-Z 0-9 _ -` */
export function searchTool(index: Pick<PassageIndex, 'search'>, name = 'search_documents'): Tool {
  return tool({
    name,
    description:
      'Finds passages of the indexed documents by words. Gives the text of the best ones, each with its source.',
    input: {
      type: 'object',
      properties: { query: { type: 'string', description: 'What the passages are about' } },
      required: ['query'],
      additionalProperties: false,
    },
    run: async (input, { signal }) => {
      const { query } = input as { readonly query: string }
      const found = await index.search(query, { limit: readAtOnce, signal })
      if (found.length === 0) return 'Nothing found.'
      return found
        .map(({ path, firstLine, lastLine, text }) => `${path}, lines ${firstLine} to ${lastLine}:\n${text}`)
        .join('\n\n')
    },
  })
}
