/** Vectors of texts, and documents ranked for a query: by an encoder, or by the states of a decoder. */
import { encodePair } from '../tokenizer/index.ts'
import { OstroError } from '../util/error.ts'
import type { EncoderRuntime } from './encoder-runtime.ts'
import type { EmbedSettings, RankedDocument, RerankSettings } from './protocol.ts'
import type { Runtime } from './runtime.ts'
import type { EncodedText } from './text-batches.ts'
import { embedTokens } from './whole-runs.ts'

/** Texts that a decoder embeds side by side; more would keep answers waiting for slots. */
const textsAtOnce = 4

/** One vector a text. @throws OstroError `context-overflow` for a text that is too long, unless `truncate`; `aborted` */
export async function embedTexts(
  model: Runtime | EncoderRuntime,
  texts: readonly string[],
  settings: EmbedSettings,
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const encoded = texts.map((text, index) => encodeText(model, text, index, settings.truncate))
  if ('texts' in model) return embedByEncoder(model, encoded, settings.normalize, signal)
  const vectors: Float32Array[] = []
  for (let from = 0; from < encoded.length; from += textsAtOnce) {
    const some = encoded.slice(from, from + textsAtOnce)
    vectors.push(...(await Promise.all(some.map(({ tokens }) => embedTokens(model, tokens, signal)))))
  }
  return vectors.map((vector) => (settings.normalize === false ? vector : scaleToOne(vector)))
}

async function embedByEncoder(
  { sentence, texts: runner, info }: EncoderRuntime,
  texts: readonly EncodedText[],
  normalize = sentence.normalizes,
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = texts.map(() => new Float32Array())
  await runner.run({
    texts,
    rows: sentence.pooling === 'mean' ? 'all' : 'first',
    output: 'hidden.norm',
    take: (index, rows) => {
      const mean = meanOfRows(rows, info.width)
      vectors[index] = normalize ? scaleToOne(mean) : mean
    },
    signal,
  })
  return vectors
}

/** Documents by falling score. @throws OstroError `unsupported`, `context-overflow`, `aborted` */
export async function rankDocuments(
  model: Runtime | EncoderRuntime,
  query: string,
  documents: readonly string[],
  settings: RerankSettings,
  signal: AbortSignal,
): Promise<RankedDocument[]> {
  const scores =
    settings.method === 'embedding'
      ? await scoreByVectors(model, query, documents, settings, signal)
      : await scoreByHead(model, query, documents, settings, signal)
  return scores
    .map((score, index): RankedDocument => ({ index, score }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
}

/** Cosines. */
async function scoreByVectors(
  model: Runtime | EncoderRuntime,
  query: string,
  documents: readonly string[],
  { truncate }: RerankSettings,
  signal: AbortSignal,
): Promise<number[]> {
  const [asked, ...vectors] = await embedTexts(model, [query, ...documents], { truncate, normalize: true }, signal)
  return vectors.map((vector) => vector.reduce((sum, value, i) => sum + value * asked[i], 0))
}

/** What the model's head says of each pair, as a probability. */
async function scoreByHead(
  model: Runtime | EncoderRuntime,
  query: string,
  documents: readonly string[],
  { truncate }: RerankSettings,
  signal: AbortSignal,
): Promise<number[]> {
  const { name, contextTokens } = model.info
  if (!('texts' in model) || model.scores === undefined) {
    const message = `rerank: ${name} has no head that scores pairs of texts. Load a cross-encoder, or pass method: 'embedding' to rank by the cosine of vectors.`
    throw new OstroError('unsupported', message, { method: 'cross-encoder' })
  }
  if (model.scores !== 1) {
    const message = `rerank: a head with one score expected, ${name} has one of ${model.scores} labels. Load a cross-encoder for ranking.`
    throw new OstroError('unsupported', message, { labels: model.scores })
  }
  const tokenizer = model.tokenizer()
  const texts = documents.map((document, index) => {
    const pair = encodePair(tokenizer, query, document, truncate ? { mostTokens: contextTokens } : {})
    if (pair.tokens.length <= contextTokens) return pair
    throw tooLong('rerank', `query with document ${index}`, index, pair.tokens.length, contextTokens)
  })
  const scores = new Array<number>(documents.length).fill(0)
  await model.texts.run({
    texts,
    rows: 'first',
    output: 'score',
    take: (index, [logit]) => {
      scores[index] = 1 / (1 + Math.exp(-logit))
    },
    signal,
  })
  return scores
}

/**
 * As the libraries read texts that encoders were trained with, text such as `[SEP]` is a token: there is no turn to forge here.
 */
function encodeText(model: Runtime | EncoderRuntime, text: string, index: number, truncate: boolean): EncodedText {
  const tokenizer = model.tokenizer()
  const { contextTokens } = model.info
  const tokens = tokenizer.encode(text, { parseSpecial: 'texts' in model })
  if (tokens.length === 0) {
    throw new OstroError('invalid-argument', `embed: text ${index} has no tokens. Leave empty texts out.`, { index })
  }
  if (tokens.length <= contextTokens) return { tokens }
  if (!truncate) throw tooLong('embed', `text ${index}`, index, tokens.length, contextTokens)
  const ending = tokenizer.addsEos && tokenizer.eos !== undefined ? [tokenizer.eos] : []
  return { tokens: [...tokens.slice(0, contextTokens - ending.length), ...ending] }
}

function tooLong(where: string, what: string, index: number, textTokens: number, contextTokens: number): OstroError {
  const message = `${where}: ${what} has ${textTokens} tokens, the model reads ${contextTokens}. Shorten it, or pass truncate: true to cut its end off.`
  return new OstroError('context-overflow', message, { index, textTokens, contextTokens })
}

/** In double precision: sums of hundreds of rows. */
function meanOfRows(rows: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width)
  for (let start = 0; start < rows.length; start += width) {
    for (let i = 0; i < width; i++) sums[i] += rows[start + i]
  }
  const count = rows.length / width
  return Float32Array.from(sums, (sum) => sum / count)
}

function scaleToOne(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return length === 0 ? vector : vector.map((value) => value / length)
}
