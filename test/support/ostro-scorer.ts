/** A GGUF file on one of our devices, as the measurements against an oracle need it. Node only, tests only. */
import { openGguf } from '../../src/formats/gguf/open-gguf.node.ts'
import { openModel } from '../../src/models/index.ts'
import { pageTokens } from '../../src/tensor/index.ts'
import type { Device } from '../../src/tensor/index.ts'
import { tokenizerFromGguf } from '../../src/tokenizer/index.ts'
import { logsumexp } from './real-model-case.ts'
import type { ScoredRow, Scorer } from './real-model-case.ts'

export interface ScorerOptions {
  /** Longest input. */
  readonly contextTokens: number
  /** Most tokens in one run. Default 512. */
  readonly maxTokens?: number
  /** Most rows of logits in one run. Default 64. */
  readonly maxRows?: number
}

export async function openScorer(
  path: string,
  device: Device,
  { contextTokens, maxTokens = 512, maxRows = 64 }: ScorerOptions,
): Promise<Scorer> {
  const file = await openGguf(path)
  const model = await openModel({ format: 'gguf', metadata: file.metadata, tensors: file.tensors })
  const pages = Math.ceil(contextTokens / pageTokens)
  const program = await device.load(model.graph(), model.weights, {
    maxTokens,
    maxRows,
    // As users get it: f16 by default, f32 where the device has nothing else.
    cache: { pages: pages + 1, sequences: 1, type: device.name === 'reference' ? 'f32' : 'f16' },
  })
  await file.close()
  program.caches.groups.forEach(({ pages: count }, group) => {
    for (let index = 0; index < pages; index++) program.caches.setPage(group, 0, index, index % count)
  })
  return {
    async score(tokens, wanted, visit) {
      let next = 0
      for (let start = 0; start < tokens.length;) {
        let end = Math.min(tokens.length, start + maxTokens)
        let due = wanted.slice(next).filter(({ index }) => index < end)
        if (due.length > maxRows) {
          due = due.slice(0, maxRows)
          end = due[maxRows - 1].index + 1
        }
        const logits = program
          .run({
            tokens: Int32Array.from(tokens.slice(start, end)),
            positions: Int32Array.from({ length: end - start }, (_, index) => start + index),
            sequences: new Int32Array(end - start),
            rows: Int32Array.from(due, ({ index }) => index - start),
          })
          .get('logits')
        if (logits === undefined) throw new Error('the graph has no logits')
        const width = logits.length / due.length
        due.forEach(({ index }, row) => visit(index, scoredRow(logits.subarray(row * width, (row + 1) * width))))
        next += due.length
        start = end
      }
    },
    async [Symbol.asyncDispose]() {
      await device[Symbol.asyncDispose]()
    },
  }
}

/** Ids of `text` without BOS, as the file's own tokenizer has them. */
export async function tokenizeWith(path: string, text: string): Promise<readonly number[]> {
  const file = await openGguf(path)
  await file.close()
  return tokenizerFromGguf(file.metadata).encode(text, { addSpecial: false })
}

function scoredRow(logits: Float32Array): ScoredRow {
  let best = 0
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id
  return { best, logit: (id) => logits[id], logsumexp: () => logsumexp(logits), logits }
}
