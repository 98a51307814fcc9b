/** An encoder-decoder on its device: two programs, the sequences that join them, and one translation at a time. */
import { searchBeams } from '../generate/beam-search.ts'
import type { BeamModel } from '../generate/beam-search.ts'
import { createMemorySequences, type MemorySequences, type OpenedModel } from '../models/index.ts'
import { pageTokens, type Program } from '../tensor/device.ts'
import { breathe } from '../util/breathe.ts'
import { OstroError } from '../util/error.ts'
import { frameSource } from './language-frame.ts'
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
import { checkCounts, profileProgram } from './profile.ts'
import type { Translation, TranslationCandidate, TranslationRequest } from './translation.ts'
import { readTranslationSettings } from './translation-settings.ts'
import { createWaitingLine } from './waiting-line.ts'

export interface TranslatorRuntime extends LoadedModel {
  /** @throws OstroError `invalid-argument`, `context-overflow`, `overloaded`, `aborted` */
  readonly translate: (text: string, request: TranslationRequest, signal: AbortSignal) => Promise<Translation>
}

const mostDefaultContext = 512
/** Beams that can be open at once. */
const defaultSequences = 8
const mostWaitingCalls = 256

export async function startTranslator(
  file: ModelFile,
  opened: OpenedModel,
  encoderGraph: NonNullable<OpenedModel['encoderGraph']>,
  options: ResolvedLoadOptions,
  context: StartContext,
): Promise<TranslatorRuntime> {
  const { name, tokenizer: sourceTokenizer } = file
  const targetTokenizer = file.translation?.targetTokenizer ?? sourceTokenizer
  const settings = readTranslationSettings(file.files, file.translation, targetTokenizer)
  const contextTokens = options.context ?? Math.min(opened.config.contextLength, mostDefaultContext)
  const positions = opened.weights.get('position_embd')?.shape[0] ?? Infinity
  if (contextTokens > positions) {
    const message = `${name}: a context of ${contextTokens} tokens was asked for, and the model has ${positions} positions. Ask for at most as many.`
    throw new OstroError('invalid-argument', message, { context: contextTokens, positions })
  }
  const slots = options.sequences ?? defaultSequences
  const pages = Math.ceil(contextTokens / pageTokens)
  const device = createDevice(options.device ?? 'wasm', options, context)
  const type = options.kv ?? defaultCacheType(device.name)
  const load = (graph: ReturnType<typeof opened.graph>, maxTokens: number, sequences: number): Promise<Program> =>
    device.load(graph, opened.weights, {
      maxTokens,
      maxRows: sequences,
      cache: { pages: sequences * pages, memoryPages: pages, sequences, type },
      signal: context.signal,
      onProgress: context.onProgress,
    })
  // A source is read in one run, because its tokens all see each other.
  const encoder = await load(encoderGraph(), contextTokens, 1)
  const graph = opened.graph()
  const decoder = await load(graph, slots, slots)
  const V = graph.outputs.get('logits')?.shape.at(-1) as number
  const sequences = createMemorySequences(encoder, decoder, { sequences: slots })
  const beamModel = createBeamModel(decoder, sequences, V)
  const line = createWaitingLine(mostWaitingCalls)
  const tokenizer = needTokenizer(name, sourceTokenizer)
  const writer = needTokenizer(name, targetTokenizer)
  let busy = false

  const translate = async (text: string, request: TranslationRequest, signal: AbortSignal): Promise<Translation> => {
    const beams = request.beams ?? Math.min(settings.beams, slots)
    if (!Number.isInteger(beams) || beams < 1 || beams > slots) {
      const message = `translate: beams must be a whole number from 1 to ${slots}, got ${beams}. Load with more sequences for more.`
      throw new OstroError('invalid-argument', message, { option: 'beams' })
    }
    const source = frameSource(text, request, tokenizer(), settings)
    if (source.tokens.length > contextTokens) {
      const message = `translate: the text has ${source.tokens.length} tokens, the model was loaded for ${contextTokens}. Split it, or load with a larger context.`
      throw new OstroError('context-overflow', message, { textTokens: source.tokens.length, contextTokens })
    }
    const outside = Array.from({ length: Math.max(0, V - writer().vocabularySize) }, (_, index) => V - 1 - index)
    const found = await searchBeams(beamModel, sequences.open(source.tokens), settings.startToken, {
      beams,
      maxTokens: Math.min(request.maxTokens ?? settings.maxTokens ?? contextTokens, contextTokens),
      lengthPenalty: request.lengthPenalty ?? settings.lengthPenalty,
      earlyStopping: settings.earlyStopping,
      noRepeatNgram: request.noRepeatNgram ?? settings.noRepeatNgram,
      forcedFirst: source.forcedFirst,
      forcedLast: settings.forcedLast,
      // Tables of embeddings are padded; what has no text is no answer.
      suppressed: [...settings.suppressed, ...outside],
      endTokens: settings.endTokens,
      signal,
    })
    const candidates = found.map(({ tokens, score, ended }): TranslationCandidate => ({
      text: writer().decode(tokens),
      score,
      ended,
    }))
    const usage = { sourceTokens: source.tokens.length, generatedTokens: found[0].tokens.length }
    return { ...candidates[0], candidates, usage }
  }

  const both: Program = {
    ...decoder,
    notices: [...new Set([...encoder.notices, ...decoder.notices])],
    bytes: sumBytes(encoder, decoder),
  }
  return {
    info: describeModel(file, opened, device, both, { kind: 'translator', vocabularySize: V, contextTokens, slots }),
    graph,
    weights: opened.weights,
    chunkTokens: slots,
    maxRows: slots,
    tokenizer,
    translate: async (text, request, signal) => {
      await line.enter(() => (busy ? undefined : (busy = true)), signal)
      try {
        return await translate(text, request, signal)
      } finally {
        busy = false
        line.serve()
      }
    },
    profile: async (tokens, runs) => {
      checkCounts(tokens, runs, slots)
      const zeros = new Int32Array(tokens)
      const own = Int32Array.from(zeros.keys())
      const batch = { tokens: zeros, positions: zeros, sequences: own, lasts: zeros, rows: own }
      return profileProgram({ name: device.name, program: decoder, chunkTokens: slots }, batch, runs)
    },
  }
}

/** The decoder as beam search drives it: one token of each open sequence a run. */
function createBeamModel(program: Program, sequences: MemorySequences, vocabularySize: number): BeamModel {
  return {
    vocabularySize,
    async step(inputs, signal) {
      // Lets the message through that cancels the call.
      await breathe()
      if (signal?.aborted === true) throw new OstroError('aborted', 'translate: the signal fired.')
      const positions = inputs.map(({ sequence }) => sequences.length(sequence))
      inputs.forEach(({ sequence }, index) => sequences.reserve(sequence, positions[index] + 1))
      const logits = program
        .run({
          tokens: Int32Array.from(inputs, ({ token }) => token),
          positions: Int32Array.from(positions),
          sequences: Int32Array.from(inputs, ({ sequence }) => sequence),
          lasts: Int32Array.from(inputs, ({ sequence }) => sequences.lastOf(sequence)),
          rows: Int32Array.from(inputs.keys()),
        })
        .get('logits') as Float32Array // [R, V]
      return inputs.map((_, index) => logits.subarray(index * vocabularySize, (index + 1) * vocabularySize))
    },
    fork: (sequence) => sequences.fork(sequence),
    close: (sequence) => sequences.close(sequence),
  }
}

function sumBytes({ bytes: a }: Program, { bytes: b }: Program): Program['bytes'] {
  return { weights: a.weights + b.weights, arena: a.arena + b.arena, cache: a.cache + b.cache }
}
