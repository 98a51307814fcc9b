/** How far the WebAssembly device is from the float32 oracle with real models, and beside it how far llama.cpp is. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startHelperThread } from '../../src/devices/wasm/helper-thread.node.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { v8Compiler } from '../../src/devices/wasm/v8-compiler.node.ts'
import { openScorer } from '../support/ostro-scorer.ts'
import type { RealModelCase } from '../support/real-model-case.ts'
import { longestInput, measureAll } from './measure-all.ts'
import type { Measured } from './measure-all.ts'
import { presentCases } from './present-cases.ts'

const peerLimitMs = 900_000

export async function realModels(): Promise<boolean> {
  let holds = true
  for (const { real, folder, path } of await presentCases()) {
    const ours = await measureOurs(real, path)
    const peer = await measurePeer(folder, path)
    const failures = failuresOf(ours, real)
    console.log(`## ${real.info.case}\n\n${table(ours, peer)}\n`)
    for (const failure of failures) console.log(`FAILED: ${failure}`)
    holds &&= failures.length === 0
  }
  return holds
}

async function measureOurs(real: RealModelCase, path: string): Promise<Measured> {
  const compilers = [v8Compiler()].filter((compiler) => compiler !== undefined)
  const device = createWasmDevice({ threads: 2, startHelperThread, compilers })
  await using scorer = await openScorer(path, device, { contextTokens: longestInput(real) })
  return await measureAll(scorer, real, path)
}

/** In a child process with a limit: an engine that spins is ended. Undefined, and a line that says why, where it fails. */
async function measurePeer(folder: string, path: string): Promise<Measured | undefined> {
  const child = fileURLToPath(new URL('./peer-child.ts', import.meta.url))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [child, folder, path], { timeout: peerLimitMs })
    return JSON.parse(stdout) as Measured
  } catch (error) {
    console.log(`node-llama-cpp could not be measured: ${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  }
}

function failuresOf({ prompts, perplexity }: Measured, { info }: RealModelCase): string[] {
  const tolerance = info.tolerance['int8 activations']
  const { top1, meanKl, maxKl, largestGap } = summary(prompts)
  const shift = Math.abs(perplexity.perplexity / perplexity.oraclePerplexity - 1)
  const { atLeast } = tolerance.top1AgreementForced
  return [
    ...(top1 < atLeast ? [`top-1 agreement ${top1}, not ${atLeast}`] : []),
    ...(largestGap >= tolerance.greedy.unlessGapBelow ? [`missed a step with a gap of ${largestGap}`] : []),
    ...(meanKl > tolerance.klLastPosition.mean ? [`mean KL ${meanKl}`] : []),
    ...(maxKl > tolerance.klLastPosition.max ? [`greatest KL ${maxKl}`] : []),
    ...(shift > tolerance.perplexity.relMax ? [`perplexity off by ${shift}`] : []),
  ]
}

function summary(prompts: Measured['prompts']) {
  const steps = prompts.reduce((sum, prompt) => sum + prompt.steps, 0)
  const agreed = prompts.reduce((sum, prompt) => sum + prompt.agreed, 0)
  const kls = prompts.map(({ kl }) => kl).toSorted((a, b) => a - b)
  return {
    steps,
    top1: agreed / steps,
    largestGap: Math.max(...prompts.map(({ largestGapMissed }) => largestGapMissed)),
    meanKl: kls.reduce((sum, kl) => sum + kl, 0) / kls.length,
    medianKl: (kls[(kls.length - 1) >> 1] + kls[kls.length >> 1]) / 2,
    maxKl: kls[kls.length - 1],
  }
}

function table(ours: Measured, peer: Measured | undefined): string {
  const columns = [ours, ...(peer === undefined ? [] : [peer])]
  const line = (label: string, value: (measured: Measured) => string) =>
    `| ${label} | ${columns.map(value).join(' | ')} |`
  const fixed = (digits: number, pick: (s: ReturnType<typeof summary>) => number) => (measured: Measured) =>
    pick(summary(measured.prompts)).toFixed(digits)
  const { oraclePerplexity, chunks } = ours.perplexity
  return [
    `| against the float32 oracle | Ostro, WebAssembly | ${peer === undefined ? '' : 'node-llama-cpp |'}`,
    `| --- | --- | ${peer === undefined ? '' : '--- |'}`,
    line(
      `top-1 agreement along ${summary(ours.prompts).steps} forced steps`,
      fixed(4, ({ top1 }) => top1),
    ),
    line(
      'greatest gap of a missed step',
      fixed(3, ({ largestGap }) => largestGap),
    ),
    line(
      'mean KL after a prompt, nats',
      fixed(5, ({ meanKl }) => meanKl),
    ),
    line(
      'median KL',
      fixed(5, ({ medianKl }) => medianKl),
    ),
    line(
      'greatest KL',
      fixed(5, ({ maxKl }) => maxKl),
    ),
    line(`perplexity, ${chunks} chunks (oracle ${oraclePerplexity.toFixed(4)})`, ({ perplexity }) => {
      const shift = (perplexity.perplexity / perplexity.oraclePerplexity - 1) * 100
      return `${perplexity.perplexity.toFixed(4)} (${shift >= 0 ? '+' : ''}${shift.toFixed(2)} %)`
    }),
  ].join('\n')
}
