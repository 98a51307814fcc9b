/** Logits do not depend on the number of threads, on how many tokens run together, or on the run: bit by bit, on many prompts. */
import { createHash } from 'node:crypto'
import { startHelperThread } from '../../src/devices/wasm/helper-thread.node.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { v8Compiler } from '../../src/devices/wasm/v8-compiler.node.ts'
import { openScorer } from '../support/ostro-scorer.ts'
import type { RealModelCase } from '../support/real-model-case.ts'
import { presentCases } from './present-cases.ts'

/** Prompts of up to this many tokens; the pieces are what one run takes. */
const mostTokens = 200

const ways = [
  { name: '1 thread', threads: 1, piece: 512 },
  { name: '1 thread, again', threads: 1, piece: 512 },
  { name: '2 threads', threads: 2, piece: 512 },
  { name: '4 threads', threads: 4, piece: 512 },
  { name: '2 threads, token by token', threads: 2, piece: 1 },
  { name: '2 threads, 7 tokens at a time', threads: 2, piece: 7 },
] as const

export async function threads(): Promise<boolean> {
  let holds = true
  for (const { real, path } of await presentCases()) {
    const prompts = real.prompts.filter(({ tokens }) => tokens.length <= mostTokens)
    const first = await hashes(path, prompts, ways[0])
    for (const way of ways.slice(1)) {
      const other = await hashes(path, prompts, way)
      const different = prompts.filter((_, index) => other[index] !== first[index]).map(({ name }) => name)
      const verdict = different.length === 0 ? 'the same bits' : `DIFFERENT for ${different.join(', ')}`
      console.log(`${real.info.case}: ${prompts.length} prompts, ${ways[0].name} against ${way.name}: ${verdict}`)
      holds &&= different.length === 0
    }
  }
  return holds
}

/** For each prompt one hash of all logits after each of its last 8 tokens. */
async function hashes(
  path: string,
  prompts: RealModelCase['prompts'],
  { threads: count, piece }: { readonly threads: number; readonly piece: number },
): Promise<string[]> {
  const compilers = [v8Compiler()].filter((compiler) => compiler !== undefined)
  const device = createWasmDevice({ threads: count, startHelperThread, compilers })
  const options = { contextTokens: mostTokens, maxTokens: piece, maxRows: Math.min(piece, 8) }
  await using scorer = await openScorer(path, device, options)
  const results: string[] = []
  for (const { tokens } of prompts) {
    const hash = createHash('sha256')
    const from = Math.max(0, tokens.length - 8)
    const wanted = tokens.slice(from).map((_, index) => ({ index: from + index, ids: 'all' as const }))
    await scorer.score(tokens, wanted, (_, { logits }) => {
      if (logits === undefined) throw new Error('the device gives no logits')
      // A copy, since the device's memory is shared, which hashes do not take.
      hash.update(new Uint8Array(logits.slice().buffer))
    })
    results.push(hash.digest('hex'))
  }
  return results
}
