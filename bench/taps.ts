/** What looking costs: decode time with one attention tapped over decode time without, same model, same tokens, in turn. */
import { load, type Model } from '../src/index.ts'
import { type Figure, median } from './figure.ts'
import { promptTokens, realModels } from './models.ts'
import type { BenchOptions } from './suite.ts'

const contexts = [64, 512, 2048] as const
const decodeTokens = 48
/** Two pairs once differed by 15 % from what twelve said. */
const leastPairs = 8

/** Middle layer's attention; every layer's norm, which needs no computing; nothing. */
const looks = {
  'attention of one layer': (layers: number) => [`blk.${Math.floor(layers / 2)}.attention`],
  'norms of all layers': () => ['blk.*.attn_norm'],
} as const

export async function* taps({ runs, modelFilter, threads }: BenchOptions): AsyncGenerator<Figure> {
  for (const { name, path } of await realModels()) {
    if (!name.includes(modelFilter)) continue
    await using model = await load(path, { threads: Math.max(...threads), context: 2048 + 2 * decodeTokens })
    for (const context of contexts) {
      for (const [look, patternsOf] of Object.entries(looks)) {
        const tap = patternsOf(model.info.layers)
        const ratios: number[] = []
        const plainMs: number[] = []
        const pairs = Math.max(leastPairs, runs)
        // The first pair warms up; in the others each side is first in turn.
        for (let pair = 0; pair <= pairs; pair++) {
          const first = await decodeMs(model, context, pair % 2 === 0 ? undefined : tap)
          const second = await decodeMs(model, context, pair % 2 === 0 ? tap : undefined)
          const [plain, tapped] = pair % 2 === 0 ? [first, second] : [second, first]
          if (pair === 0) continue
          ratios.push(tapped / plain)
          plainMs.push(plain)
        }
        yield {
          figure: `decode with a tap on the ${look}`,
          model: name,
          ours: median(ratios),
          peer: undefined,
          ratio: undefined,
          must: look.startsWith('attention') ? '<= 1.15' : undefined,
          aim: look.startsWith('attention') ? '<= 1.05' : '<= 1.15',
          unit: 'x',
          runs: pairs,
          note: `${context} tokens of context, ${median(plainMs).toFixed(2)} ms a token without`,
        }
      }
    }
  }
}

/** Milliseconds a token, after the prompt. The prompt is kept from one run to the next, so both read the same. */
async function decodeMs(model: Model, context: number, tap: readonly string[] | undefined): Promise<number> {
  const options = { temperature: 0, maxTokens: decodeTokens, ignoreEnd: true, tap }
  const { timings } = await model.complete(promptTokens(context), options)
  return timings.decodeMs / (decodeTokens - 1)
}
