/** What every kind of model has in the worker once it is on its device, and the parts that their starts share. */
import { createReferenceDevice } from '../devices/reference/index.ts'
import { type Compiler, createWasmDevice, type HelperThread } from '../devices/wasm/index.ts'
import type { OpenedModel } from '../models/index.ts'
import type { Device, Program, WeightSource } from '../tensor/device.ts'
import type { Graph } from '../tensor/graph.ts'
import { countElements } from '../tensor/shape.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { OstroError } from '../util/error.ts'
import type { ModelFile } from './model-file.ts'
import type { CacheType, DeviceName, ModelInfo, ResolvedLoadOptions, StepProfile } from './model-info.ts'

export interface LoadedModel {
  readonly info: ModelInfo
  readonly graph: Graph
  readonly weights: ReadonlyMap<string, WeightSource>
  readonly chunkTokens: number
  /** Most rows of outputs in one run. */
  readonly maxRows: number
  /** @throws OstroError `unsupported` where the files have no tokenizer. */
  readonly tokenizer: () => Tokenizer
  /** @throws OstroError `unsupported` where the device can't tell. */
  readonly profile: (tokens: number, runs: number, signal: AbortSignal) => Promise<StepProfile[]>
}

export interface StartContext {
  readonly startHelperThread: () => HelperThread
  readonly compilers: readonly Compiler[]
  readonly signal: AbortSignal
  readonly onProgress: (doneBytes: number, totalBytes: number) => void
}

/** Threads unless the caller says otherwise. */
const mostDefaultThreads = 8

export function createDevice(name: DeviceName, options: ResolvedLoadOptions, context: StartContext): Device {
  switch (name) {
    case 'reference':
      return createReferenceDevice()
    case 'wasm':
      return createWasmDevice({
        threads: options.threads ?? defaultThreads(),
        startHelperThread: context.startHelperThread,
        compilers: context.compilers,
      })
    default:
      return name satisfies never
  }
}

/** 12 bits are as close to f32 as f16 is, in four fifths of the memory, and products of integers are faster. */
export const defaultCacheType = (device: string): CacheType => (device === 'reference' ? 'f32' : 'q12')

/** Threads share memory; a page that is not isolated can't. Beyond a few, memory and not arithmetic is the limit. */
function defaultThreads(): number {
  if (typeof SharedArrayBuffer === 'undefined') return 1
  return Math.max(1, Math.min(navigator.hardwareConcurrency, mostDefaultThreads))
}

/** What a model says of itself; `own` is what its kind decides. */
export function describeModel(
  { name, files, tokenizer }: ModelFile,
  { architecture, config }: OpenedModel,
  device: Device,
  program: Program,
  own: Pick<ModelInfo, 'kind' | 'vocabularySize' | 'contextTokens' | 'slots'>,
): ModelInfo {
  const tensors = [...files.tensors.values()]
  return {
    ...own,
    name,
    architecture: architecture.names.gguf[0] ?? architecture.names.hf[0],
    parameters: tensors.reduce((sum, { shape }) => sum + countElements(shape), 0),
    layers: config.layers,
    width: config.width,
    trainedContextTokens: config.contextLength,
    infill: tokenizer?.infill !== undefined,
    device: device.name,
    threads: 'threads' in device && typeof device.threads === 'number' ? device.threads : 1,
    tensors: tensors.map(({ name: tensor, shape, type, sizeBytes }) => ({ name: tensor, shape, type, sizeBytes })),
    fileBytes: tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    notices: program.notices,
    bytes: program.bytes,
  }
}

export function needTokenizer(name: string, tokenizer: Tokenizer | undefined): () => Tokenizer {
  return () => {
    if (tokenizer !== undefined) return tokenizer
    throw new OstroError('unsupported', `${name}: the files have no tokenizer. Give token ids instead of text.`)
  }
}
