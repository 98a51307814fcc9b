/** The growing answer: chooses its next tokens from logits, turns them into events, and says when and why it ends. */
import type { State } from '../constrain/grammar.ts'
import { OstroError } from '../util/error.ts'
import type { EndReason, GenerateOptions, Logprobs } from '../util/generation.ts'
import { createChooser } from './chooser.ts'
import { legalTokens, type TokenConstraint } from './constraint.ts'
import { logprobsOf } from './logprobs.ts'
import { createStopMatcher } from './stop.ts'

/** How generation sees a tokenizer. */
export interface TextStream {
  /** Takes a token, answers the text that is complete now (never half a character). */
  readonly push: (token: number) => string
  /** What is still open at the end. */
  readonly flush: () => string
}

export interface AnswerInput {
  readonly prompt: readonly number[]
  readonly text: TextStream
  /** Tokens that end the answer. */
  readonly endTokens: ReadonlySet<number>
  /** Holds the answer to a grammar from its first token on. */
  readonly constraint?: TokenConstraint | undefined
  /**
   * Asked before each token until it answers: whether a grammar holds the answer from here on. `logits` are the model's own, for
   * this token, and valid during the call; `generated` are the tokens of the answer so far.
   */
  readonly decide?: ((logits: Float32Array, generated: readonly number[]) => Decision | undefined) | undefined
}

/** `constraint` undefined: nothing holds the answer, and `decide` is not asked again. */
export interface Decision {
  readonly constraint: TokenConstraint | undefined
}

export interface TokenEvent {
  readonly type: 'token'
  readonly token: number
  /** Empty while a character or a stop string is incomplete. */
  readonly text: string
  readonly logprobs?: Logprobs
  /** Where the constraint stands after each byte of the token. */
  readonly states?: readonly State[]
}

/** Tokens that follow, each as an event; the model reads them next unless there is a reason to end. */
export interface Advance {
  readonly events: readonly TokenEvent[]
  readonly reason: EndReason | undefined
}

export interface Answer {
  /** What follows the prompt without a choice. */
  readonly open: () => Advance
  /** The next token, chosen from the logits after all earlier ones, and what follows it without a choice. */
  readonly step: (logits: Float32Array) => Advance
  /** Text that was held back, and whether a stop string came up in it. */
  readonly finish: () => { readonly text: string; readonly stopped: boolean }
  readonly generatedTokens: number
}

/** `mostTokens`: what maxTokens and the context leave. @throws OstroError `invalid-argument` for an option out of range. */
export function startAnswer(input: AnswerInput, options: GenerateOptions, mostTokens: number): Answer {
  const { text, endTokens } = input
  const choose = createChooser(options)
  const stops = createStopMatcher(options.stop ?? [])
  const previous = [...input.prompt]
  const generated: number[] = []
  let { constraint, decide } = input
  let stopped = false

  const room = (): number => mostTokens - generated.length

  const tell = (token: number, logits: Float32Array | undefined): TokenEvent => {
    generated.push(token)
    previous.push(token)
    const shown = stops.push(text.push(token))
    stopped = shown.stopped
    return {
      type: 'token',
      token,
      text: shown.text,
      ...(logits !== undefined && options.logprobs !== undefined
        ? { logprobs: logprobsOf(logits, token, options.logprobs) }
        : {}),
      ...(constraint === undefined ? {} : { states: constraint.push(token) }),
    }
  }
  const reasonNow = (): EndReason | undefined => {
    if (stopped || constraint?.mustEnd === true) return 'stop'
    return room() <= 0 ? 'length' : undefined
  }
  /** With log-probabilities every token is drawn from its own logits, even where there is no choice. */
  const followForced = (events: TokenEvent[]): Advance => {
    const forced = constraint === undefined || options.logprobs !== undefined ? [] : constraint.forced()
    for (const token of forced) {
      if (reasonNow() !== undefined) break
      events.push(tell(token, undefined))
    }
    return { events, reason: reasonNow() }
  }
  const enter = (): Advance => {
    if (constraint === undefined) return { events: [], reason: undefined }
    return constraint.fits(room()) ? followForced([]) : { events: [], reason: 'length' }
  }

  return {
    open: enter,
    step: (logits) => {
      const decision = decide?.(logits, generated)
      if (decision !== undefined) {
        decide = undefined
        constraint = decision.constraint
        const entered = enter()
        if (entered.events.length > 0 || entered.reason !== undefined) return entered
      }
      if (room() <= 0) return { events: [], reason: 'length' }
      const token = choose(logits, previous, constraint && legalTokens(constraint, endTokens, room))
      if (token === undefined) throw deadEnd(generated.length)
      if (endTokens.has(token) && options.ignoreEnd !== true) return { events: [], reason: 'stop' }
      const event = tell(token, logits)
      return reasonNow() === undefined ? followForced([event]) : { events: [event], reason: reasonNow() }
    },
    finish: () => {
      if (stopped) return { text: '', stopped }
      const last = stops.push(text.flush())
      return { text: last.stopped ? last.text : last.text + stops.flush(), stopped: last.stopped }
    },
    get generatedTokens() {
      return generated.length
    },
  }
}

function deadEnd(generatedTokens: number): OstroError {
  const message = `generate: the format allows no token after ${generatedTokens} tokens of the answer. Simplify the format.`
  return new OstroError('unsupported', message, { generatedTokens })
}
