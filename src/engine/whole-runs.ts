/** Questions about a whole text rather than a next token: logits of all positions, scores, embeddings. */
import { rewind } from '../generate/generate.ts'
import { logSumExp } from '../generate/select.ts'
import { OstroError } from '../util/error.ts'
import type { LogitRows } from './protocol.ts'
import type { Runtime } from './runtime.ts'

/** Most bytes of logits in one answer. */
const mostLogitBytes = 2 ** 30

/** @throws OstroError `context-overflow`, `invalid-argument`, `aborted` */
export async function logitsOf(
  runtime: Runtime,
  tokens: readonly number[],
  wanted: 'all' | 'last',
  signal: AbortSignal,
): Promise<LogitRows> {
  const V = runtime.info.vocabularySize
  const rows = wanted === 'all' ? tokens.length : 1
  if (rows * V * 4 > mostLogitBytes) {
    throw new OstroError(
      'invalid-argument',
      `logits: ${rows} rows of ${V} would take ${rows * V * 4} bytes, at most ${mostLogitBytes} are given. Ask for fewer tokens.`,
    )
  }
  const data = new Float32Array(rows * V)
  if (wanted === 'all') {
    await forEachRow(runtime, tokens, { output: 'logits', from: 0 }, signal, (row, index) => data.set(row, index * V))
  } else {
    await forLastRow(runtime, tokens, signal, (row) => data.set(row))
  }
  return { rows, vocabularySize: V, data }
}

/** Whose sequences may be read on from, and who wants to know how much was read. */
export interface ReadingOptions {
  readonly key?: string | undefined
  readonly onRead?: ((read: TokensRead) => void) | undefined
}

export interface TokensRead {
  readonly promptTokens: number
  /** Those of them that a sequence held already. */
  readonly cachedTokens: number
}

/** Log-probability of tokens[i + 1] given tokens[0..i], for all i from `from` on but the last. */
export async function scoreTokens(
  runtime: Runtime,
  tokens: readonly number[],
  from: number,
  signal: AbortSignal,
  options: ReadingOptions = {},
): Promise<Float64Array> {
  if (tokens.length < 2) {
    throw new OstroError('invalid-argument', `score: at least 2 tokens expected, got ${tokens.length}.`)
  }
  if (!Number.isInteger(from) || from < 0 || from > tokens.length - 2) {
    throw new OstroError('invalid-argument', `score: from must be 0 to ${tokens.length - 2}, got ${String(from)}.`)
  }
  const scores = new Float64Array(tokens.length - 1)
  // The last token predicts nothing that is asked for.
  const asked = { ...options, output: 'logits', from } as const
  await forEachRow(runtime, tokens.slice(0, -1), asked, signal, (row, index) => {
    scores[index] = row[tokens[index + 1]] - logSumExp(row)
  })
  return scores.slice(from)
}

/** Logits after the last token, read on from the sequence that shares most with them. */
export async function nextTokenLogits(
  runtime: Runtime,
  tokens: readonly number[],
  signal: AbortSignal,
  { key, onRead }: ReadingOptions = {},
): Promise<Float32Array> {
  checkTokens(runtime, tokens)
  const sequence = await runtime.sequences.acquire({ prompt: tokens, lengthTokens: tokens.length, key }, signal)
  try {
    const cachedTokens = rewind(sequence, tokens)
    onRead?.({ promptTokens: tokens.length, cachedTokens })
    while (true) {
      const { logits } = await sequence.run(tokens.slice(sequence.tokens.length), signal)
      if (logits !== undefined) return logits.slice()
    }
  } finally {
    sequence.release()
  }
}

/** Mean of the final hidden states. */
export async function embedTokens(
  runtime: Runtime,
  tokens: readonly number[],
  signal: AbortSignal,
): Promise<Float32Array> {
  const sum = new Float64Array(runtime.info.width)
  await forEachRow(runtime, tokens, { output: 'hidden.norm', from: 0 }, signal, (row) => {
    for (let index = 0; index < row.length; index++) sum[index] += row[index]
  })
  return Float32Array.from(sum, (value) => value / tokens.length)
}

interface AskedRows extends ReadingOptions {
  readonly output: 'logits' | 'hidden.norm'
  readonly from: number
}

/** Runs all tokens; `take` gets the asked output of each from `from` on, a view that is valid during the call. */
async function forEachRow(
  runtime: Runtime,
  tokens: readonly number[],
  asked: AskedRows,
  signal: AbortSignal,
  take: (row: Float32Array, index: number) => void,
): Promise<void> {
  checkTokens(runtime, tokens)
  // What is context only may come from another sequence.
  const context = asked.from === 0 ? undefined : tokens.slice(0, asked.from + 1)
  const sequence = await runtime.sequences.acquire(
    { lengthTokens: tokens.length, key: asked.key, ...(context && { prompt: context }) },
    signal,
  )
  try {
    const cachedTokens = context === undefined ? 0 : rewind(sequence, context)
    asked.onRead?.({ promptTokens: tokens.length, cachedTokens })
    for (let start = cachedTokens; start < tokens.length;) {
      const silent = start < asked.from
      const piece = tokens.slice(start, silent ? asked.from : tokens.length)
      const { readTokens, rows } = await sequence.runRows(piece, silent ? 'none' : 'all', asked.output, signal)
      if (rows !== undefined) {
        const width = rows.length / readTokens
        for (let row = 0; row < readTokens; row++) take(rows.subarray(row * width, (row + 1) * width), start + row)
      }
      start += readTokens
    }
  } finally {
    sequence.release()
  }
}

async function forLastRow(
  runtime: Runtime,
  tokens: readonly number[],
  signal: AbortSignal,
  take: (row: Float32Array) => void,
): Promise<void> {
  checkTokens(runtime, tokens)
  const sequence = await runtime.sequences.acquire({ lengthTokens: tokens.length }, signal)
  try {
    while (sequence.tokens.length < tokens.length) {
      const { logits } = await sequence.run(tokens.slice(sequence.tokens.length), signal)
      if (logits !== undefined) take(logits)
    }
  } finally {
    sequence.release()
  }
}

function checkTokens(runtime: Runtime, tokens: readonly number[]): void {
  const { vocabularySize, contextTokens } = runtime.info
  if (tokens.length === 0) throw new OstroError('invalid-argument', 'engine: at least one token expected, got none.')
  const foreign = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabularySize)
  if (foreign !== undefined) {
    const message = `engine: token ids must be whole numbers below ${vocabularySize}, got ${foreign}.`
    throw new OstroError('invalid-argument', message, { token: foreign })
  }
  if (tokens.length > contextTokens) {
    const message = `engine: ${tokens.length} tokens do not fit into the context of ${contextTokens}. Load with a larger context.`
    throw new OstroError('context-overflow', message, { promptTokens: tokens.length, contextTokens })
  }
}
