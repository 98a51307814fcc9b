/** ostro eval retrieval: how well documents are found by words, by meaning and by both, with intervals of the differences. */
import { createPassageIndex } from '../../../retrieval/index.ts'
import { openSqliteStore } from '../../../retrieval/index.ts'
import { evaluateRetrieval, type RetrievalReport } from '../../../evals/retrieval/evaluate.ts'
import { readRetrievalSet } from '../../../evals/retrieval/read-set.node.ts'
import { sampleSet } from '../../../evals/retrieval/sample-set.ts'
import { defineCommand } from '../../command.ts'
import { encoderArgs, loadEncoder } from '../../encoder-options.ts'
import { encoderFor, indexArgs, openIndexFile } from '../../index-options.ts'
import { formatTable } from '../../output.ts'

export const command = defineCommand({
  args: {
    data: {
      type: 'string',
      description:
        'Folder with documents/ and questions.jsonl, or of manual pages (Default: a small set that comes with Ostro)',
    },
    index: { type: 'string', description: 'File that keeps the vectors for the next run (Default: memory)' },
    reranker: { type: 'string', description: 'Cross-encoder that ranks the best again' },
    items: { type: 'boolean', description: 'Also what was found for each question' },
    ...indexArgs,
    ...encoderArgs,
  },
  run: async ({ args, output, signal }) => {
    const set = args.data === undefined ? sampleSet : await readRetrievalSet(args.data)
    using store = openIndexFile(args.index ?? ':memory:')
    using wholeStore = openSqliteStore(':memory:')
    await using encoder = await encoderFor(store, args, output, signal)
    await using reranker =
      args.reranker === undefined ? undefined : await loadEncoder(args.reranker, args, output, signal)
    const index = createPassageIndex(store, encoder)
    const progress = output.progress(`Indexing ${set.name}`)
    await index
      .add(set.documents, { signal, onProgress: ({ done, total }) => progress.update(done, total) })
      .finally(() => progress.end())
    const here = new Set(set.documents.map(({ path }) => path))
    index.remove(index.paths().filter((path) => !here.has(path)))
    const report = await evaluateRetrieval(set, index, {
      wholeStore,
      encoder,
      reranker,
      signal,
      onItem: (item) => {
        if (args.items === true) output.print(item, `${item.id} ${item.method}: ${item.rank ?? 'not found'}`)
      },
    })
    const { items: _, ...summary } = report
    output.print(args.items === true ? summary : report, textOf(report))
  },
})

function textOf({ set, methods, pairs }: RetrievalReport): string {
  const rows = methods.map(({ method, questions, mrr, recall1, recall5, recall10, ndcg10 }) => [
    method,
    String(questions),
    ...[mrr, recall1, recall5, recall10, ndcg10].map((value) => value.toFixed(3)),
  ])
  const table = formatTable([['', 'questions', 'MRR@10', 'recall@1', 'recall@5', 'recall@10', 'nDCG@10'], ...rows])
  const differences = pairs.map(({ method, baseline, difference, interval: [low, high], p }) => {
    const range = `[${signed(low)}, ${signed(high)}]`
    return `${method} - ${baseline}: MRR ${signed(difference)} ${range}; first place: McNemar p = ${p.toPrecision(2)}`
  })
  return [set, table, ...differences].join('\n')
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`
}
