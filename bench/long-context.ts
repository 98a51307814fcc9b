/** How much slower a token gets when 4,096 are before it instead of 64: ours against ourselves, the peer's share beside it. */
import type { Figure } from './figure.ts'
import { interleave } from './interleave.ts'
import { promptTokens, realModels } from './models.ts'
import type { PeerProcess } from './peers/peer-process.ts'
import type { BenchOptions } from './suite.ts'

const shortTokens = 64
const longTokens = 4096
const decodeTokens = 32

export async function* context(options: BenchOptions): AsyncGenerator<Figure> {
  for (const model of await realModels()) {
    if (!model.name.includes(options.modelFilter)) continue
    const measured = await interleave({
      ...options,
      threads: [Math.max(...options.threads)],
      model: { modelPath: model.path, contextTokens: longTokens + 128 },
      measure: async (peer) => (await decodeMs(peer, shortTokens)) / (await decodeMs(peer, longTokens)),
    })
    const share = (name: string) => measured.find((entry) => entry.name === name)?.value
    yield {
      figure: 'decode at 4k context against 64',
      model: model.name,
      ours: share('ostro'),
      peer: share('node-llama-cpp'),
      ratio: share('ostro'),
      must: '>= 0.6',
      aim: '>= 0.8',
      unit: 'x',
      runs: options.runs,
      note: 'ratio is ours at 4,096 tokens over ours at 64',
    }
  }
}

function decodeMs(peer: PeerProcess, contextTokens: number): Promise<number> {
  return peer.decode(promptTokens(contextTokens), decodeTokens)
}
