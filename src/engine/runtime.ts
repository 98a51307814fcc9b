/** A model on its device inside the worker: the program, its sequences, its text side, and what it says about itself. */
import type { TemplateRenderer } from '../chat/index.ts'
import { createReferenceDevice } from '../devices/reference/index.ts'
import { type Compiler, createWasmDevice, type HelperThread } from '../devices/wasm/index.ts'
import { type OpenedModel, openModel } from '../models/index.ts'
import type { Device, WeightSource } from '../tensor/device.ts'
import { pageTokens } from '../tensor/device.ts'
import type { Graph } from '../tensor/graph.ts'
import { countElements } from '../tensor/shape.ts'
import { measureStates } from '../tensor/state-slots.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { OstroError } from '../util/error.ts'
import type { ModelFile } from './model-file.ts'
import type { DeviceName, ModelInfo, ResolvedLoadOptions, StepProfile } from './model-info.ts'
import { profileDevice } from './profile.ts'
import { createSequences, type Sequences } from './sequences.ts'

export interface Runtime {
  readonly info: ModelInfo
  readonly graph: Graph
  readonly weights: ReadonlyMap<string, WeightSource>
  readonly chunkTokens: number
  /** Most rows of logits in one run. */
  readonly maxRows: number
  readonly sequences: Sequences
  readonly chatTemplate: TemplateRenderer | undefined
  /** Texts of the control tokens, such as `<|im_end|>`. */
  readonly controlTexts: () => readonly string[]
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

const defaultContextTokens = 8192
const defaultCacheBytes = 2 ** 30
const defaultChunkTokens = 256
/** Sequences at work and conversations whose keys and values are kept, together, while the pages suffice. */
const defaultSequences = 16
/** Bytes of recurrent states, of open sequences and again of the copies that they can go back to. */
const stateBytes = 2 ** 28
const mostCheckpoints = 16
/** Calls that wait for a slot or pages. */
const mostWaitingCalls = 256
/** Threads unless the caller says otherwise. */
const mostDefaultThreads = 8
/** Rows of logits are the largest outputs; this bounds the arena that they take. */
const logitArenaBytes = 2 ** 25

export async function startRuntime(
  file: ModelFile,
  options: ResolvedLoadOptions,
  context: StartContext,
): Promise<Runtime> {
  // Nothing below keeps the file: its metadata, a whole vocabulary among it, can then be forgotten.
  const { name, tokenizer, chatTemplate } = file
  const deviceName = options.device ?? 'wasm'
  const trained = await openModel(file.files)
  const trainedContextTokens = trained.config.contextLength
  const contextTokens = options.context ?? defaultContext(trained)
  const opened =
    contextTokens === trainedContextTokens ? trained : await openModel(file.files, { context: contextTokens })
  const graph = opened.graph({ hidden: 'norm' })

  const slotBytes = 4 * measureStates(graph.states).length
  const affordableSlots = Math.max(2, Math.floor(stateBytes / Math.max(1, slotBytes)))
  const slots = options.sequences ?? Math.min(defaultSequences, affordableSlots)
  const V = vocabularySize(graph)
  const chunkTokens = Math.min(options.chunk ?? defaultChunkTokens, contextTokens)
  const maxRows = Math.max(1, Math.min(chunkTokens, Math.floor(logitArenaBytes / (4 * V))))
  const device = createDevice(deviceName, options, context)
  const program = await device.load(graph, opened.weights, {
    maxTokens: chunkTokens,
    maxRows,
    cache: {
      // One sequence can always be full; each has a page that is not, and a fork one beside what it shares.
      pages: Math.ceil(contextTokens / pageTokens) + slots,
      sequences: slots,
      checkpoints: graph.states.length === 0 ? 0 : Math.min(mostCheckpoints, affordableSlots),
      type: options.kv ?? (deviceName === 'reference' ? 'f32' : 'f16'),
    },
    signal: context.signal,
    onProgress: context.onProgress,
  })

  const sequences = createSequences(program, {
    contextTokens,
    chunkTokens,
    maxRows,
    vocabularySize: V,
    slots,
    mostWaiting: mostWaitingCalls,
  })
  let controlTexts: string[] | undefined
  const tensors = [...file.files.tensors.values()]
  const info: ModelInfo = {
    name,
    architecture: opened.architecture.names.gguf[0] ?? opened.architecture.names.hf[0],
    kind: chatTemplate === undefined ? 'base' : 'chat',
    parameters: tensors.reduce((sum, { shape }) => sum + countElements(shape), 0),
    vocabularySize: V,
    layers: opened.config.layers,
    width: opened.config.width,
    contextTokens,
    trainedContextTokens,
    infill: tokenizer?.infill !== undefined,
    device: device.name,
    threads: 'threads' in device && typeof device.threads === 'number' ? device.threads : 1,
    tensors: tensors.map(({ name, shape, type, sizeBytes }) => ({ name, shape, type, sizeBytes })),
    fileBytes: tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    notices: program.notices,
    bytes: program.bytes,
  }
  return {
    info,
    graph,
    weights: opened.weights,
    chunkTokens,
    maxRows,
    sequences,
    chatTemplate,
    tokenizer: () => {
      if (tokenizer !== undefined) return tokenizer
      throw new OstroError('unsupported', `${name}: the files have no tokenizer. Give token ids instead of text.`)
    },
    controlTexts: () => {
      if (tokenizer === undefined) return []
      controlTexts ??= Array.from({ length: tokenizer.vocabularySize }, (_, id) => id)
        .filter((id) => tokenizer.isSpecial(id) && tokenizer.tokenText(id) !== '')
        .map((id) => tokenizer.tokenText(id))
      return controlTexts
    },
    profile: (tokens, runs, signal) =>
      profileDevice({ name: device.name, program, chunkTokens, sequences }, { tokens, runs }, signal),
  }
}

function createDevice(name: DeviceName, options: ResolvedLoadOptions, context: StartContext): Device {
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

/** Threads share memory; a page that is not isolated can't. Beyond a few, memory and not arithmetic is the limit. */
function defaultThreads(): number {
  if (typeof SharedArrayBuffer === 'undefined') return 1
  return Math.max(1, Math.min(navigator.hardwareConcurrency, mostDefaultThreads))
}

/** What the model was made for, but no more than 8192 tokens, and no more than 1 GiB of keys and values above 2048. */
function defaultContext({ config, graph }: OpenedModel): number {
  const bytesPerToken = graph().caches.reduce((sum, { kvHeads, headDim }) => sum + kvHeads * headDim * 2 * 4, 0)
  const affordable = Math.max(2048, Math.floor(defaultCacheBytes / Math.max(1, bytesPerToken)))
  return Math.min(config.contextLength, defaultContextTokens, affordable)
}

function vocabularySize(graph: Graph): number {
  const V = graph.outputs.get('logits')?.shape.at(-1)
  if (typeof V === 'number') return V
  throw new OstroError(
    'unsupported',
    'load: this architecture predicts no tokens, so it can neither chat nor complete.',
  )
}
