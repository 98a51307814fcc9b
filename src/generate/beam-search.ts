/**
 * Beam search: the most probable whole texts, found by continuing the best few side by side. With one beam it is greedy decoding.
 *
 * Candidates are counted and ended as in transformers: the best `beams` x (1 + number of end tokens) of all continuations are looked at,
 * so that enough of them go on, and an end counts only among the first `beams`.
 */
import { OstroError } from '../util/error.ts'
import { noRepeatNgram } from './penalties.ts'
import { greatestIndices, logSumExp } from './select.ts'

/** What is continued: sequences that share what they have in common. */
export interface BeamModel {
  readonly vocabularySize: number
  /** Appends a token to each of the sequences; gives the logits [V] after each, valid until the next call. */
  readonly step: (
    inputs: readonly { readonly sequence: number; readonly token: number }[],
    signal?: AbortSignal,
  ) => Promise<readonly Float32Array[]>
  readonly fork: (sequence: number) => number
  readonly close: (sequence: number) => void
}

export interface BeamOptions {
  /** Texts continued side by side; 1 is greedy. */
  readonly beams: number
  /** Most tokens to generate, the end token included. */
  readonly maxTokens: number
  /** Sums of log-probabilities are divided by length to this power: above 0 favours long texts. Default 1. */
  readonly lengthPenalty?: number | undefined
  /**
   * When to stop once `beams` texts have ended: `true` at once; `false` (default) when the best open one, at its present length, is worse
   * than all of them; `never` when it would be at any length.
   */
  readonly earlyStopping?: boolean | 'never' | undefined
  /** Forbids repeating a run of that many tokens; 0 (default) is off. */
  readonly noRepeatNgram?: number | undefined
  /** The first token, such as a language. */
  readonly forcedFirst?: number | undefined
  /** The token that takes the last place when there is room for no more. */
  readonly forcedLast?: number | undefined
  /** Tokens that are never generated. */
  readonly suppressed?: readonly number[] | undefined
  readonly endTokens: ReadonlySet<number>
  readonly signal?: AbortSignal | undefined
}

export interface Hypothesis {
  /** Without the start and end tokens. */
  readonly tokens: readonly number[]
  /** Sum of the log-probabilities of all tokens, the end included, forced ones excepted. */
  readonly logprob: number
  /** `logprob` / length ^ lengthPenalty: what hypotheses are ordered by. */
  readonly score: number
  /** Whether it reached an end token; else there was no room for one. */
  readonly ended: boolean
}

interface Beam {
  readonly sequence: number
  readonly tokens: readonly number[]
  readonly logprob: number
}

interface Candidate {
  readonly beam: Beam
  readonly token: number
  readonly logprob: number
}

/**
 * Continues `sequence`, whose next token is `startToken`; closes all sequences, also this one. At most `beams` are open at a time.
 *
 * @returns up to `beams` hypotheses, best first
 * @throws OstroError `invalid-argument` for options out of range, `aborted`
 */
export async function searchBeams(
  model: BeamModel,
  sequence: number,
  startToken: number,
  options: BeamOptions,
): Promise<Hypothesis[]> {
  const { beams, maxTokens, endTokens, signal } = options
  const finished: Hypothesis[] = []
  const held = new Set([sequence])
  let open: readonly Beam[] = [{ sequence, tokens: [], logprob: 0 }]
  try {
    checkOptions(options)
    for (let length = 1; length <= maxTokens && open.length > 0; length++) {
      const inputs = open.map((beam) => ({ sequence: beam.sequence, token: beam.tokens.at(-1) ?? startToken }))
      const rows = await model.step(inputs, signal)
      const candidates = rankCandidates(open, rows, startToken, length, options)
      const next: Candidate[] = []
      candidates.forEach((candidate, rank) => {
        if (!endTokens.has(candidate.token)) {
          if (next.length < beams) next.push(candidate)
        } else if (rank < beams)
          finished.push(hypothesisOf(candidate.beam.tokens, candidate.logprob, length, true, options))
      })
      keepBest(finished, beams)
      if (isDone(finished, next[0]?.logprob, length, options)) return finished
      open = advance(model, held, open, next)
    }
    for (const { tokens, logprob } of open) {
      finished.push(hypothesisOf(tokens, logprob, tokens.length, false, options))
    }
    keepBest(finished, beams)
    return finished
  } finally {
    for (const each of held) model.close(each)
  }
}

/** The best continuations of all beams, best first. */
function rankCandidates(
  open: readonly Beam[],
  rows: readonly Float32Array[],
  startToken: number,
  length: number,
  options: BeamOptions,
): Candidate[] {
  const { beams, maxTokens, endTokens, forcedFirst, forcedLast } = options
  const forced = length === 1 && forcedFirst !== undefined ? forcedFirst : length === maxTokens ? forcedLast : undefined
  if (forced !== undefined) return open.map((beam) => ({ beam, token: forced, logprob: beam.logprob }))
  const count = beams * (1 + endTokens.size)
  const all = open.flatMap((beam, index) => {
    const logits = Float32Array.from(rows[index])
    // What is forbidden does not make the rest more probable.
    const total = logSumExp(logits)
    for (const token of options.suppressed ?? []) logits[token] = -Infinity
    if (options.noRepeatNgram) noRepeatNgram(options.noRepeatNgram)(logits, [startToken, ...beam.tokens])
    return Array.from(greatestIndices(logits, count), (token) => {
      return { beam, token, logprob: beam.logprob + logits[token] - total }
    })
  })
  const possible = all.filter(({ logprob }) => logprob > -Infinity)
  return possible.toSorted((a, b) => b.logprob - a.logprob).slice(0, count)
}

/** The first child of a beam goes on in its sequence, others in forks; beams without one are closed before. */
function advance(
  model: BeamModel,
  held: Set<number>,
  open: readonly Beam[],
  next: readonly Candidate[],
): readonly Beam[] {
  for (const beam of open) {
    if (next.some((candidate) => candidate.beam === beam)) continue
    held.delete(beam.sequence)
    model.close(beam.sequence)
  }
  const continued = new Set<Beam>()
  return next.map(({ beam, token, logprob }) => {
    const sequence = continued.has(beam) ? model.fork(beam.sequence) : beam.sequence
    continued.add(beam)
    held.add(sequence)
    return { sequence, tokens: [...beam.tokens, token], logprob }
  })
}

function isDone(
  finished: readonly Hypothesis[],
  bestOpen: number | undefined,
  length: number,
  { beams, earlyStopping = false, lengthPenalty = 1, maxTokens }: BeamOptions,
): boolean {
  if (bestOpen === undefined) return true
  if (finished.length < beams) return false
  // With one beam the end that came first is the greedy one.
  if (earlyStopping === true || beams === 1) return true
  const reachable = earlyStopping === 'never' && lengthPenalty > 0 ? maxTokens : length
  return finished[finished.length - 1].score >= bestOpen / reachable ** lengthPenalty
}

function hypothesisOf(
  tokens: readonly number[],
  logprob: number,
  length: number,
  ended: boolean,
  { lengthPenalty = 1 }: BeamOptions,
): Hypothesis {
  return { tokens, logprob, score: logprob / length ** lengthPenalty, ended }
}

function keepBest(finished: Hypothesis[], count: number): void {
  finished.sort((a, b) => b.score - a.score)
  finished.length = Math.min(finished.length, count)
}

function checkOptions({ beams, maxTokens, lengthPenalty = 1, noRepeatNgram = 0 }: BeamOptions): void {
  const check = (name: string, legal: boolean, expected: string, got: number): void => {
    if (legal) return
    throw new OstroError('invalid-argument', `beam search: ${name} must be ${expected}, got ${got}.`, { option: name })
  }
  check('beams', Number.isInteger(beams) && beams >= 1 && beams <= 64, 'a whole number from 1 to 64', beams)
  check('maxTokens', Number.isInteger(maxTokens) && maxTokens >= 1, 'a whole number of at least 1', maxTokens)
  check('lengthPenalty', Number.isFinite(lengthPenalty), 'a finite number', lengthPenalty)
  check('noRepeatNgram', Number.isInteger(noRepeatNgram) && noRepeatNgram >= 0, 'a whole number', noRepeatNgram)
}
