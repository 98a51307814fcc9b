/** A model on its device inside the worker: the program, its sequences, its text side, and what it says about itself. */
import type { TemplateRenderer } from '../chat/index.ts'
import { type OpenedModel, openModel } from '../models/index.ts'
import { listTapPoints, selectTapPoints, type TapPoint, type Watcher, watchPoints } from '../models/taps/index.ts'
import { pageTokens } from '../tensor/device.ts'
import type { Graph } from '../tensor/graph.ts'
import { measureStates } from '../tensor/state-slots.ts'
import { OstroError } from '../util/error.ts'
import {
  createDevice,
  defaultCacheType,
  describeModel,
  type LoadedModel,
  needTokenizer,
  type StartContext,
} from './loaded-model.ts'
import type { ModelFile } from './model-file.ts'
import type { ResolvedLoadOptions } from './model-info.ts'
import { profileDevice } from './profile.ts'
import { createSequences, type Sequences } from './sequences.ts'

export interface Runtime extends LoadedModel {
  readonly sequences: Sequences
  readonly chatTemplate: TemplateRenderer | undefined
  /** Texts of the control tokens, such as `<|im_end|>`. */
  readonly controlTexts: () => readonly string[]
  /** What can be looked at, in order of evaluation. */
  readonly tapPoints: () => readonly TapPoint[]
  /** @throws OstroError `invalid-argument` for a pattern that names nothing */
  readonly watch: (patterns: readonly string[]) => Watcher
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
/** Rows of logits are the largest outputs; this bounds the arena that they take. */
const logitArenaBytes = 2 ** 25

export async function startRuntime(
  file: ModelFile,
  trained: OpenedModel,
  options: ResolvedLoadOptions,
  context: StartContext,
): Promise<Runtime> {
  // Nothing below keeps the file: its metadata, a whole vocabulary among it, can then be forgotten.
  const { name, tokenizer, chatTemplate } = file
  const deviceName = options.device ?? 'wasm'
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
      type: options.kv ?? defaultCacheType(deviceName),
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
  let points: readonly TapPoint[] | undefined
  const tapPoints = (): readonly TapPoint[] => (points ??= listTapPoints(graph, program))
  const info = describeModel(file, opened, device, program, {
    kind: chatTemplate === undefined ? 'base' : 'chat',
    vocabularySize: V,
    contextTokens,
    slots,
  })
  return {
    info,
    graph,
    weights: opened.weights,
    chunkTokens,
    maxRows,
    sequences,
    chatTemplate,
    tokenizer: needTokenizer(name, tokenizer),
    controlTexts: () => {
      if (tokenizer === undefined) return []
      controlTexts ??= Array.from({ length: tokenizer.vocabularySize }, (_, id) => id)
        .filter((id) => tokenizer.isSpecial(id) && tokenizer.tokenText(id) !== '')
        .map((id) => tokenizer.tokenText(id))
      return controlTexts
    },
    tapPoints,
    watch: (patterns) => watchPoints(selectTapPoints(tapPoints(), patterns), program),
    profile: (tokens, runs, signal) =>
      profileDevice({ name: device.name, program, chunkTokens, sequences }, { tokens, runs }, signal),
  }
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
