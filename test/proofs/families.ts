/**
 * Every architecture that has a golden GGUF file, as it is and quantised: our WASM device and native llama.cpp on the same file, each
 * against the reference device, which computes in float32 on the dequantised weights. Distances are root mean squares of the differences
 * of log-probabilities over all positions, in units of the oracle's own spread.
 */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { openGguf } from '../../src/formats/gguf/open-gguf.node.ts'
import { quantizeGguf } from '../../src/formats/index.ts'
import { goldenRoot } from '../support/golden.ts'
import { openScorer } from '../support/ostro-scorer.ts'
import type { Scorer } from '../support/real-model-case.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { readJson } from '../golden-suite/support.ts'
import { openPeerScorer } from './peer-scorer.ts'

/** Most that ours may be off, relative to the spread of the oracle's log-probabilities: caches are f16 and activations 8 bits. */
const allowed = { f32: 0.005, q8_0: 0.03, q4_0: 0.08 } as const
/** ... or so many times as far as the peer: where rounding lets a router choose another expert, either side jumps. */
const timesPeer = 1.5

export async function families(): Promise<boolean> {
  await using folder = await temporaryFolder()
  let holds = true
  for (const { folder: name } of readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))) {
    const source = join(goldenRoot, name, 'model.gguf')
    const { tokens } = readJson<{ tokens?: readonly unknown[] }>(join(goldenRoot, name, 'case.json'))
    if (!existsSync(source) || !isRow(tokens)) continue
    for (const type of ['f32', 'q8_0', 'q4_0'] as const) {
      const path = type === 'f32' ? source : join(folder.path, `${name}-${type}.gguf`)
      if (type !== 'f32') await quantize(source, path, type)
      const [oracle, own, peer] = [
        await logprobs(await openScorer(path, createReferenceDevice(), { contextTokens: tokens.length }), tokens),
        await logprobs(await openScorer(path, createWasmDevice(), { contextTokens: tokens.length }), tokens),
        await logprobs(await openPeerScorer(path, Math.max(256, tokens.length)), tokens).catch(() => undefined),
      ]
      const [ours, theirs] = [distance(own, oracle), peer && distance(peer, oracle)]
      const right = ours <= allowed[type] || (theirs !== undefined && ours <= theirs * timesPeer)
      holds &&= right
      const beside = theirs === undefined ? 'llama.cpp does not load it' : `llama.cpp ${theirs.toFixed(5)}`
      console.log(`${right ? 'holds' : 'FAILS'}  ${name} ${type}: ${ours.toFixed(5)}, ${beside}`)
    }
  }
  return holds
}

function isRow(tokens: readonly unknown[] | undefined): tokens is readonly number[] {
  return tokens !== undefined && tokens.every((token) => typeof token === 'number')
}

async function quantize(source: string, path: string, type: 'q8_0' | 'q4_0'): Promise<void> {
  const file = await openGguf(source)
  try {
    await writeFile(path, quantizeGguf(file, { type }).bytes())
  } finally {
    await file.close()
  }
}

/** Of the text's own tokens, after each position but the last, which a peer may not answer. */
async function logprobs(scorer: Scorer, tokens: readonly number[]): Promise<Float64Array> {
  await using used = scorer
  const ids = [...new Set(tokens)]
  const values: number[] = []
  const wanted = tokens.slice(0, -1).map((_, index) => ({ index, ids: 'all' as const }))
  await used.score(tokens, wanted, (_, row) => {
    for (const id of ids) values.push(row.logit(id) - row.logsumexp())
  })
  return Float64Array.from(values)
}

function distance(values: Float64Array, oracle: Float64Array): number {
  const mean = oracle.reduce((sum, value) => sum + value, 0) / oracle.length
  let difference = 0
  let spread = 0
  oracle.forEach((value, index) => {
    difference += (values[index] - value) ** 2
    spread += (value - mean) ** 2
  })
  return Math.sqrt(difference / spread)
}
