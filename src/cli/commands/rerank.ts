/** ostro rerank: documents by their relevance for a query. */
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { encoderArgs, loadEncoder, readLines } from '../encoder-options.ts'
import { count } from '../model-options.ts'

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: true, description: 'Name, URI or path' },
    query: { type: 'positional', required: true, description: 'What is looked for' },
    document: { type: 'positional', required: false, description: 'Texts; - or none reads standard input, one a line' },
    top: { type: 'string', description: 'Print the best so many; default all' },
    method: {
      type: 'string',
      description: 'cross-encoder (default) reads query and document together; embedding compares vectors',
    },
    truncate: { type: 'boolean', description: 'Cut pairs that are too long instead of refusing them' },
    ...encoderArgs,
  },
  rest: true,
  run: async ({ args, output, signal }) => {
    const { method } = args
    if (method !== undefined && method !== 'cross-encoder' && method !== 'embedding') {
      throw usage(`expected --method to be cross-encoder or embedding, got ${method}`)
    }
    const given = args._.slice(2)
    const documents = given.length === 0 || given[0] === '-' ? await readLines() : given
    if (documents.length === 0) throw usage('expected documents, or lines on standard input')
    const topN = count('top', args.top)
    await using model = await loadEncoder(args.model, args, output, signal)
    const ranked = await model.rerank(args.query, documents, { topN, method, truncate: args.truncate === true, signal })
    for (const { index, score } of ranked) {
      output.print({ index, score, text: documents[index] }, `${score.toFixed(4).padStart(7)}  ${documents[index]}`)
    }
  },
})
