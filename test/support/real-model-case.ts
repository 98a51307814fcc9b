/**
 * The cases of the golden set that hold what an oracle computed with a real model, and the distances of an engine from it: agreement of
 * the best token along forced continuations, KL at the end of each prompt, perplexity. Node only, tests only.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { goldenF32, goldenI32, goldenRoot, readGoldenTensors } from './golden.ts'
import type { GoldenTensor } from './golden.ts'

/** What an engine thinks after one token. */
export interface ScoredRow {
  /** Token of the greatest logit. */
  readonly best: number
  readonly logit: (token: number) => number
  readonly logsumexp: () => number
  /** All logits, valid during the visit, where the engine gives them at once. */
  readonly logits?: Float32Array
}

/** An engine with one model, as the measurements need it. */
export interface Scorer extends AsyncDisposable {
  /**
   * Runs `tokens` from an empty context and visits the rows after the tokens `wanted` (ascending indices). Only the logits of the tokens
   * that `ids` names may be asked for; 'all' allows every one.
   */
  score(
    tokens: readonly number[],
    wanted: readonly { readonly index: number; readonly ids: readonly number[] | 'all' }[],
    visit: (index: number, row: ScoredRow) => void,
  ): Promise<void>
}

export interface RealPrompt {
  readonly name: string
  readonly kind: string
  readonly tokens: readonly number[]
  readonly greedy: { readonly tokens: readonly number[] }
}

export interface Int8Tolerance {
  readonly top1AgreementForced: { readonly atLeast: number }
  readonly greedy: { readonly unlessGapBelow: number }
  readonly klLastPosition: { readonly mean: number; readonly max: number }
  readonly perplexity: { readonly relMax: number }
}

export interface Float32Tolerance {
  readonly logits: { readonly abs: number }
  readonly logsumexp: { readonly abs: number }
}

interface CaseFile {
  readonly case: string
  readonly environment?: string
  readonly bos: number | null
  readonly addBos: boolean
  readonly perplexity: { readonly context: number; readonly chunks: number }
  readonly tolerance: {
    readonly 'int8 activations': Int8Tolerance
    readonly 'float32 activations': Float32Tolerance
  }
  readonly crossChecks: readonly { readonly oracle: string; readonly what: string }[]
}

export interface RealModelCase {
  readonly info: CaseFile
  readonly prompts: readonly RealPrompt[]
  readonly expected: ReadonlyMap<string, GoldenTensor>
  readonly perplexityText: string
}

/** Folders of such cases in the golden set in use. */
export function realModelCaseFolders(): string[] {
  const index = JSON.parse(readFileSync(join(goldenRoot, 'index.json'), 'utf8')) as { folder: string }[]
  return index
    .map(({ folder }) => join(goldenRoot, folder))
    .filter((folder) => existsSync(join(folder, 'prompts.json')))
}

export function readRealModelCase(folder: string): RealModelCase {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return {
    info: JSON.parse(text('case.json')) as CaseFile,
    prompts: JSON.parse(text('prompts.json')) as RealPrompt[],
    expected: readGoldenTensors(join(folder, 'expected.safetensors')),
    perplexityText: text('perplexity.txt'),
  }
}

export interface PromptDistance {
  readonly name: string
  readonly steps: number
  readonly agreed: number
  /** Greatest gap of the oracle's two best logits among the steps where the engine's best token is another. */
  readonly largestGapMissed: number
  /** KL(oracle || engine) in nats after the last token of the prompt. */
  readonly kl: number
}

/** Feeds the prompt and the oracle's own continuation, so that one miss does not spoil the steps after it. */
export async function measurePrompt(
  scorer: Scorer,
  { expected }: RealModelCase,
  prompt: RealPrompt,
): Promise<PromptDistance> {
  const { name, tokens, greedy } = prompt
  const last = tokens.length - 1
  const gaps = goldenF32(expected, `${name}.greedy.gap`)
  const all = expected.has(`${name}.logits`)
  const topIds = Array.from(goldenI32(expected, `${name}.top.ids`))
  let [agreed, largestGapMissed, kl] = [0, 0, NaN]
  const wanted = greedy.tokens.map((_, step) => {
    const none: readonly number[] = []
    return { index: last + step, ids: step > 0 ? none : all ? ('all' as const) : topIds }
  })
  await scorer.score([...tokens, ...greedy.tokens.slice(0, -1)], wanted, (index, row) => {
    const step = index - last
    if (row.best === greedy.tokens[step]) agreed++
    else largestGapMissed = Math.max(largestGapMissed, gaps[step])
    if (step > 0) return
    kl = all
      ? fullKl(goldenF32(expected, `${name}.logits`), row)
      : topKl(topIds, goldenF32(expected, `${name}.top.logits`), goldenF32(expected, `${name}.logsumexp`)[last], row)
  })
  return { name, steps: greedy.tokens.length, agreed, largestGapMissed, kl }
}

function fullKl(oracle: Float32Array, row: ScoredRow): number {
  const oracleTotal = logsumexp(oracle)
  const engineTotal = row.logsumexp()
  return oracle.reduce((sum, logit, id) => {
    const logProbability = logit - oracleTotal
    return sum + Math.exp(logProbability) * (logProbability - (row.logit(id) - engineTotal))
  }, 0)
}

/** Over the oracle's best tokens and one class for the rest. */
function topKl(ids: readonly number[], logits: Float32Array, oracleTotal: number, row: ScoredRow): number {
  const engineTotal = row.logsumexp()
  let [kl, oracleRest, engineRest] = [0, 1, 1]
  ids.forEach((id, index) => {
    const [ours, theirs] = [Math.exp(row.logit(id) - engineTotal), Math.exp(logits[index] - oracleTotal)]
    kl += theirs * Math.log(theirs / ours)
    oracleRest -= theirs
    engineRest -= ours
  })
  const least = 1e-12
  return kl + Math.max(oracleRest, least) * Math.log(Math.max(oracleRest, least) / Math.max(engineRest, least))
}

export interface PerplexityDistance {
  readonly chunks: number
  readonly perplexity: number
  readonly oraclePerplexity: number
}

/** The procedure of `case.json`: the first `chunks` chunks of the text, the second half of each predicted. `tokens` without BOS. */
export async function measurePerplexity(
  scorer: Scorer,
  { info, expected }: RealModelCase,
  tokens: readonly number[],
  chunks: number,
): Promise<PerplexityDistance> {
  const { context } = info.perplexity
  const first = info.addBos && info.bos !== null ? [info.bos] : []
  const all = [...first, ...tokens]
  const oracle = goldenF32(expected, 'perplexity.logprob')
  const perChunk = oracle.length / info.perplexity.chunks
  const start = context - 1 - perChunk
  let sum = 0
  for (let chunk = 0; chunk < chunks; chunk++) {
    const piece = [...first, ...all.slice(chunk * context + first.length, (chunk + 1) * context)]
    const wanted = Array.from({ length: perChunk }, (_, i) => ({ index: start + i, ids: [piece[start + i + 1]] }))
    await scorer.score(piece, wanted, (index, row) => {
      sum += row.logsumexp() - row.logit(piece[index + 1])
    })
  }
  const count = chunks * perChunk
  const oracleSum = oracle.subarray(0, count).reduce((total, logProbability) => total - logProbability, 0)
  return { chunks, perplexity: Math.exp(sum / count), oraclePerplexity: Math.exp(oracleSum / count) }
}

export function logsumexp(values: Float32Array): number {
  let peak = -Infinity
  for (let i = 0; i < values.length; i++) if (values[i] > peak) peak = values[i]
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - peak)
  return peak + Math.log(sum)
}
