/** ostro explain: attention, a router or a selective scan worked by hand, or the page of an architecture. */
import { readFile } from 'node:fs/promises'
import { approximations, explain, renderExplanation } from '../../explain/index.ts'
import { OstroError } from '../../util/error.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'

/** Lines of prose longer than this are hard to follow. */
const widestText = 110

export const command = defineCommand({
  args: {
    topic: { type: 'positional', required: true, description: 'attention, router, scan, or an architecture' },
    approximation: {
      type: 'string',
      description: 'by-hand (fractions, 3 stands for e), exact or softmax (floating point); default by-hand',
    },
    input: { type: 'string', description: 'JSON file with numbers of your own' },
  },
  run: async ({ args, output }) => {
    const approximation = approximations.find((known) => known === args.approximation)
    if (args.approximation !== undefined && approximation === undefined) {
      throw usage(`expected --approximation ${approximations.join(', ')}, got ${args.approximation}`)
    }
    const input = args.input === undefined ? undefined : await readJson(args.input)
    const explanation = await explain(args.topic, { approximation, input })
    const { bold, dim, columns } = output
    const width = Math.max(40, Math.min(widestText, columns))
    output.print(explanation, renderExplanation(explanation, { width, bold, dim }))
  },
})

async function readJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new OstroError(
      'not-found',
      `explain: could not read ${path}. Give the path of a JSON file.`,
      { path },
      { cause },
    )
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new OstroError('invalid-file', `explain: ${path} is no JSON: ${String(cause)}.`, { path }, { cause })
  }
}
