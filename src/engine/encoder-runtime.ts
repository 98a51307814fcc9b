/** An encoder on its device: whole texts in, states of their tokens or scores out. */
import type { OpenedModel } from '../models/index.ts'
import { OstroError } from '../util/error.ts'
import { createDevice, describeModel, type LoadedModel, needTokenizer, type StartContext } from './loaded-model.ts'
import type { ModelFile } from './model-file.ts'
import type { ResolvedLoadOptions } from './model-info.ts'
import { checkCounts, profileProgram } from './profile.ts'
import { type SentenceSettings, usualSentenceSettings } from './sentence-settings.ts'
import { createTextRunner, pagesOfRuns, type TextRunner } from './text-batches.ts'

export interface EncoderRuntime extends LoadedModel {
  readonly sentence: SentenceSettings
  /** Values of `score` for each row; undefined without a head that scores. */
  readonly scores: number | undefined
  readonly texts: TextRunner
}

/** Tokens of one run: enough to share the weights among, few enough for their states to stay in the caches. */
const defaultChunkTokens = 512
/** Texts of one run; each has pages of its own. */
const defaultTexts = 64

export async function startEncoder(
  file: ModelFile,
  opened: OpenedModel,
  options: ResolvedLoadOptions,
  context: StartContext,
): Promise<EncoderRuntime> {
  const { name, tokenizer, sentence = usualSentenceSettings } = file
  const { contextLength } = opened.config
  const contextTokens = options.context ?? Math.min(sentence.mostTokens ?? contextLength, contextLength)
  if (contextTokens > contextLength) {
    const message = `${name}: a context of ${contextTokens} tokens was asked for, and the model has ${contextLength} positions. Ask for at most as many.`
    throw new OstroError('invalid-argument', message, { context: contextTokens, positions: contextLength })
  }
  // A text is never split, so a run has room for the longest.
  const chunkTokens = Math.max(options.chunk ?? defaultChunkTokens, contextTokens)
  const runs = { chunkTokens, slots: options.sequences ?? defaultTexts }
  const graph = opened.graph({ hidden: 'norm' })
  const device = createDevice(options.device ?? 'wasm', options, context)
  const program = await device.load(graph, opened.weights, {
    maxTokens: chunkTokens,
    maxRows: chunkTokens,
    // Keys and values are read once and forgotten: rounding them would save nothing.
    cache: { pages: pagesOfRuns(runs), sequences: runs.slots, type: options.kv ?? 'f32' },
    signal: context.signal,
    onProgress: context.onProgress,
  })
  const vocabularySize = opened.weights.get('token_embd.weight')?.shape[0] ?? 0
  const scores = graph.outputs.get('score')?.shape.at(-1)
  const texts = createTextRunner(program, runs)
  return {
    info: describeModel(file, opened, device, program, {
      kind: 'encoder',
      vocabularySize,
      contextTokens,
      slots: runs.slots,
    }),
    graph,
    weights: opened.weights,
    chunkTokens,
    maxRows: chunkTokens,
    tokenizer: needTokenizer(name, tokenizer),
    sentence,
    scores: typeof scores === 'number' ? scores : undefined,
    texts,
    profile: async (tokens, count) => {
      checkCounts(tokens, count, chunkTokens)
      const zeros = new Int32Array(tokens)
      const positions = Int32Array.from(zeros, (_, index) => index % contextTokens)
      const sequences = Int32Array.from(zeros, (_, index) => Math.floor(index / contextTokens))
      const lasts = Int32Array.from(zeros, (_, index) => {
        return Math.min(contextTokens, tokens - sequences[index] * contextTokens) - 1
      })
      const rows = Int32Array.from(zeros.keys())
      const batch = { tokens: zeros, positions, sequences, lasts, rows }
      return profileProgram({ name: device.name, program, chunkTokens }, batch, count)
    },
  }
}
