/**
 * Encoder-decoders with experts: what their routers see, choose and drop, for each variant of the configuration that a case states.
 * (`encoder-decoders.test.ts` compares those with a single variant in the same way as all others, too.)
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bytesSource, readSafetensors } from '../../src/formats/index.ts'
import { createMemorySequences, openModel } from '../../src/models/index.ts'
import type { Architecture, ForwardOptions, OpenedModel } from '../../src/models/index.ts'
import { weightsOf } from '../../src/models/weights.ts'
import type { SwitchConfig } from '../../src/models/switch-transformers.ts'
import { Graph } from '../../src/tensor/index.ts'
import type { Device, Program } from '../../src/tensor/index.ts'
import { goldenF32, goldenRoot, readGoldenTensors } from '../support/golden.ts'
import type { GoldenTensor } from '../support/golden.ts'
import { devices } from './model-matrix.ts'
import { expectClose, readJson } from './support.ts'
import type { Tolerance } from './support.ts'

interface ExpertCase {
  readonly tokens: readonly number[]
  readonly decoderTokens?: readonly number[]
  /** Each changes the listed fields of config.json. */
  readonly variants?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly tolerance: { readonly logits: Tolerance; readonly hidden: Tolerance; readonly router: Tolerance }
}

/** Outputs of both sides. */
type Outputs = ReadonlyMap<string, Float32Array>

const folders = readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))
  .map(({ folder }) => join(goldenRoot, folder))
  .filter((folder) => existsSync(join(folder, 'config.json')) && hasRouters(folder))

describe.each(folders)('golden: %s', (folder) => {
  const golden = readJson<ExpertCase>(join(folder, 'case.json'))
  const { tolerance, tokens, decoderTokens = [] } = golden
  const expected = readGoldenTensors(join(folder, 'expected.safetensors'))
  const variants = Object.entries(golden.variants ?? { '': {} })

  it.skipIf(!existsSync(join(folder, 'config-legacy.json')))(
    'both spellings of config.json mean one model',
    async () => {
      const [now, legacy] = await Promise.all(
        ['config.json', 'config-legacy.json'].map((name) => openVariant(folder, name, {})),
      )
      expect(legacy.config).toEqual(now.config)
    },
  )

  for (const device of devices) {
    it.each(variants)(`${device.name}: %s`, async (variant, changes) => {
      const prefix = variant === '' ? '' : `${variant}.`
      const want = (name: string): Float32Array => goldenF32(expected, prefix + name)
      const model = await openVariant(folder, 'config.json', changes)
      const outputs = await run(device.create(), model, golden, drawsOf(expected, prefix))

      for (const key of ['logits', 'encoder.output'])
        expectClose(outputs.get(key) ?? [], want(key), tolerance[key === 'logits' ? 'logits' : 'hidden'], key)
      for (const router of routersOf(expected, prefix)) {
        const logits = want(`${router}.logits`)
        const T = router.includes('.encoder.') ? tokens.length : decoderTokens.length
        const choices = {
          E: logits.length / T,
          experts: outputs.get(`${router}.experts`) ?? [],
          weights: outputs.get(`${router}.weights`) ?? [],
        }
        expectClose(outputs.get(`${router}.logits`) ?? [], logits, tolerance.router, `${router}.logits`)
        if (expected.has(`${prefix}${router}.combine`))
          expectClose(combineOf(choices, T), want(`${router}.combine`), tolerance.router, `${router}.combine`)
        if (expected.has(`${prefix}${router}.kept`)) {
          const [kept, experts] = ['kept', 'experts'].map((what) =>
            Array.from(expected.get(`${prefix}${router}.${what}`)?.data ?? [], Number),
          )
          const weights = want(`${router}.weights`)
          expect([...choices.experts], router).toEqual(experts.map((e, t) => (kept[t] === 1 ? e : -1)))
          expectClose(
            choices.weights,
            weights.map((w, t) => (kept[t] === 1 ? w : 0)),
            tolerance.router,
            router,
          )
        }
      }
    })

    it.skipIf(!expected.has('dropless.logits'))(`${device.name}: as many slots as tokens`, async () => {
      const model = await openVariant(folder, 'config.json', { expert_capacity: tokens.length + decoderTokens.length })
      const outputs = await run(device.create(), model, golden, {})
      expectClose(outputs.get('logits') ?? [], goldenF32(expected, 'dropless.logits'), tolerance.logits, 'logits')
    })
  }
})

/** Reads the source and the whole target at once. */
async function run(
  device: Device,
  model: OpenedModel,
  { tokens, decoderTokens = [] }: ExpertCase,
  draws: Readonly<Record<string, readonly number[]>>,
): Promise<Outputs> {
  await using hardware = device
  const T = decoderTokens.length
  const pages = Math.ceil(Math.max(tokens.length, T) / 64)
  const cache = { pages, memoryPages: pages, sequences: 1, type: 'f32' } as const
  const { encoderGraph, decoderGraph } = graphsOf(model, draws)
  const encoder = await hardware.load(encoderGraph, model.weights, { maxTokens: tokens.length, maxRows: 1, cache })
  const decoder = await hardware.load(decoderGraph, model.weights, { maxTokens: T, maxRows: T, cache })
  const outputs = new Map<string, Float32Array>()
  const sequences = createMemorySequences(watch(encoder, outputs), watch(decoder, outputs), { sequences: 1 })
  const sequence = sequences.open(tokens)
  sequences.reserve(sequence, T)
  watch(decoder, outputs).run({
    tokens: Int32Array.from(decoderTokens),
    positions: Int32Array.from({ length: T }, (_, index) => index),
    sequences: new Int32Array(T).fill(sequence),
    lasts: new Int32Array(T).fill(sequences.lastOf(sequence)),
    rows: Int32Array.from({ length: T }, (_, index) => index),
  })
  return outputs
}

/** The graphs of the model, with the case's draws instead of a seed's. */
function graphsOf({ architecture, config, weights }: OpenedModel, draws: Readonly<Record<string, readonly number[]>>) {
  const withDraws = { ...config, router: { ...(config as SwitchConfig).router, draws } }
  const options: ForwardOptions = { hidden: true }
  const write = (forward: Architecture['forward'] | undefined): Graph => {
    const g = new Graph()
    forward?.call(architecture, g, weightsOf(g, weights), withDraws, options)
    return g
  }
  return { encoderGraph: write(architecture.forwardEncoder), decoderGraph: write(architecture.forward) }
}

async function openVariant(folder: string, name: string, changes: Readonly<Record<string, unknown>>) {
  const { tensors } = await readSafetensors(bytesSource(readFileSync(join(folder, 'model.safetensors'))))
  const config = { ...readJson<Record<string, unknown>>(join(folder, name)), ...changes }
  return openModel({ format: 'safetensors', config, tensors })
}

/** The program, with copies of its outputs. */
function watch(program: Program, outputs: Map<string, Float32Array>): Program {
  return {
    ...program,
    run(batch) {
      const results = program.run(batch)
      for (const [name, values] of results) outputs.set(name, values.slice())
      return results
    },
  }
}

/** `router.<side>.<layer>` of every router that the variant states. */
function routersOf(expected: ReadonlyMap<string, GoldenTensor>, prefix: string): string[] {
  return [...expected.keys()].flatMap((name) => {
    const match = /^(router\.(?:encoder|decoder)\.\d+)\.logits$/.exec(name.slice(prefix.length))
    return match !== null && name.startsWith(prefix) ? [match[1]] : []
  })
}

/** By router: `encoder.1`. */
function drawsOf(expected: ReadonlyMap<string, GoldenTensor>, prefix: string): Record<string, readonly number[]> {
  const start = `${prefix}draws.`
  const names = [...expected.keys()].filter((name) => name.startsWith(start))
  return Object.fromEntries(names.map((name) => [name.slice(start.length), [...goldenF32(expected, name)]]))
}

/** [T, E] from choices, best first. */
function combineOf(
  {
    E,
    experts,
    weights,
  }: { readonly E: number; readonly experts: ArrayLike<number>; readonly weights: ArrayLike<number> },
  T: number,
): Float32Array {
  const combine = new Float32Array(T * E)
  const k = experts.length / T
  for (let index = 0; index < experts.length; index++)
    if (experts[index] >= 0) combine[Math.floor(index / k) * E + experts[index]] = weights[index]
  return combine
}

function hasRouters(folder: string): boolean {
  const info = readJson<Partial<ExpertCase>>(join(folder, 'case.json'))
  if (info.decoderTokens === undefined || !existsSync(join(folder, 'expected.safetensors'))) return false
  return [...readGoldenTensors(join(folder, 'expected.safetensors')).keys()].some((name) => name.includes('router.'))
}
