/** ostro eval retrieval: how well documents are found by words, by meaning and by both, with intervals of the differences. */
import { createPassageIndex, openSqliteStore, type PassageIndex } from '../../../retrieval/index.ts'
import { competingHeldOut, competingSet } from '../../../evals/retrieval/competing-pages.ts'
import { evaluateRetrieval, type RetrievalReport, type RetrievalSet } from '../../../evals/retrieval/evaluate.ts'
import { readRetrievalSet } from '../../../evals/retrieval/read-set.node.ts'
import { sampleSet } from '../../../evals/retrieval/sample-set.ts'
import { defineCommand } from '../../command.ts'
import { encoderArgs, loadEncoder } from '../../encoder-options.ts'
import { encoderFor, indexArgs, openIndexFile, runningSizes } from '../../index-options.ts'
import { formatTable, type Output } from '../../output.ts'

/** The first two are there to choose by, the last is not. */
const writtenSets = [sampleSet, competingSet, competingHeldOut]

export const command = defineCommand({
  args: {
    data: {
      type: 'string',
      description:
        'Folder with documents/ and questions.jsonl, or of manual pages (Default: the written sets that come with Ostro)',
    },
    index: { type: 'string', description: 'File that keeps the vectors for the next run (Default: memory)' },
    reranker: { type: 'string', description: 'Cross-encoder that ranks the best again' },
    items: { type: 'boolean', description: 'Also what was found for each question' },
    ...indexArgs,
    ...encoderArgs,
  },
  run: async ({ args, output, signal }) => {
    const sets = args.data === undefined ? writtenSets : [await readRetrievalSet(args.data)]
    using store = openIndexFile(args.index ?? ':memory:')
    await using encoder = await encoderFor(store, args, output, signal)
    await using reranker =
      args.reranker === undefined ? undefined : await loadEncoder(args.reranker, args, output, signal)
    const index = createPassageIndex(store, encoder)
    for (const set of sets) {
      using wholeStore = openSqliteStore(':memory:')
      await holdOnly(index, set, output, signal)
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
      output.print(args.items === true ? summary : report, `${textOf(report)}\n`)
    }
  },
})

/** Adds a set's documents and takes all others out. */
async function holdOnly(index: PassageIndex, set: RetrievalSet, output: Output, signal: AbortSignal): Promise<void> {
  const progress = output.progress(`Indexing ${set.name}`)
  const sizes = runningSizes(set.documents)
  await index
    .add(set.documents, { signal, onProgress: ({ done, total }) => progress.update(sizes[done], sizes[total]) })
    .finally(() => progress.end())
  const here = new Set(set.documents.map(({ path }) => path))
  index.remove(index.paths().filter((path) => !here.has(path)))
}

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
