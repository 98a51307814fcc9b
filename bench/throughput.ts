/** Tokens per second of reading 512 tokens and of writing 64 after 64, against the peer on the same file. */
import { type Figure, ratioOf } from './figure.ts'
import { interleave } from './interleave.ts'
import {
  type BenchModel,
  floatShape,
  floatTypes,
  promptTokens,
  realModels,
  shapedModel,
  shapeNames,
  shapeTypes,
} from './models.ts'
import type { BenchOptions } from './suite.ts'

type Kind = 'prefill' | 'decode'
export interface Bound {
  readonly must: number
  readonly aim: number
}

const prefillTokens = 512
const decodeTokens = 64

const realBounds: Record<Kind, Record<string, Bound>> = {
  decode: { 'smollm2:135m': { must: 1.5, aim: 2.5 }, 'gemma3:270m-base': { must: 1.2, aim: 1.7 } },
  prefill: { 'smollm2:135m': { must: 1.2, aim: 2 }, 'gemma3:270m-base': { must: 0.9, aim: 1.3 } },
}
const shapeBound: Bound = { must: 0.9, aim: 1.2 }

export const decode = (options: BenchOptions) => onRealModels('decode', options)
export const prefill = (options: BenchOptions) => onRealModels('prefill', options)

/** Both kinds on random models of public shapes. */
export async function* shapes(options: BenchOptions): AsyncGenerator<Figure> {
  for (const shape of shapeNames) {
    const types = shape === floatShape ? [...shapeTypes, ...floatTypes] : shapeTypes
    for (const type of types) {
      if (!`${shape} ${type}`.includes(options.modelFilter)) continue
      const model = await shapedModel(shape, type)
      const bound = floatTypes.includes(type) ? undefined : shapeBound
      yield await throughput('decode', model, bound, options)
      yield await throughput('prefill', model, bound, options)
    }
  }
}

async function* onRealModels(kind: Kind, options: BenchOptions): AsyncGenerator<Figure> {
  for (const model of await realModels()) {
    if (model.name.includes(options.modelFilter))
      yield await throughput(kind, model, realBounds[kind][model.name], options)
  }
}

export async function throughput(
  kind: Kind,
  model: BenchModel,
  bound: Bound | undefined,
  options: BenchOptions,
): Promise<Figure> {
  const measured = await interleave({
    ...options,
    model: { modelPath: model.path, contextTokens: 1024 },
    measure: async (peer) =>
      kind === 'prefill'
        ? (prefillTokens * 1000) / (await peer.prefill(promptTokens(prefillTokens)))
        : (decodeTokens * 1000) / (await peer.decode(promptTokens(decodeTokens), decodeTokens)),
  })
  const ours = measured.find(({ name }) => name === 'ostro')
  const peer = measured.find(({ name }) => name === 'node-llama-cpp')
  const notes = measured.map(({ name, threads }) => `${name} ${threads} thread${threads === 1 ? '' : 's'}`)
  if (kind === 'decode' && ours !== undefined) notes.push(await memoryShare(ours.value * model.bytesPerToken, options))
  return {
    figure: kind,
    model: model.name,
    ours: ours?.value,
    peer: peer?.value,
    ratio: ratioOf(ours?.value, peer?.value),
    must: bound && `>= ${bound.must}`,
    aim: bound && `>= ${bound.aim}`,
    unit: 'tokens/s',
    runs: options.runs,
    note: notes.join(', '),
  }
}

async function memoryShare(bytesPerSecond: number, { readBandwidth }: BenchOptions): Promise<string> {
  const gigabytes = bytesPerSecond / 1e9
  const bandwidth = await readBandwidth()
  return `${gigabytes.toFixed(1)} GB/s = ${((100 * gigabytes) / bandwidth).toFixed(0)} % of ${bandwidth.toFixed(1)}`
}
