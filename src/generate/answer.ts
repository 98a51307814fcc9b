/** The growing answer: chooses its next tokens from logits, turns them into events, and says when and why it ends. */
import type { State, TokenMatcher } from '../constrain/index.ts'
import { OstroError } from '../util/error.ts'
import type { EndReason, GenerateOptions, Logprobs } from '../util/generation.ts'
import { createChooser } from './chooser.ts'
import { createConstraint } from './constraint.ts'
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
  readonly matcher?: TokenMatcher | undefined
  /**
   * Asked before each token until it answers: which grammar holds the answer from here on. `logits` are the model's own, for this
   * token, and valid during the call; `generated` are the tokens of the answer so far.
   */
  readonly decide?: ((logits: Float32Array, generated: readonly number[]) => Decision | undefined) | undefined
  /**
   * Asked where the grammar has come to its end: which one holds what follows. Undefined: nothing follows, as without it. `logits` are
   * the model's own after that end, and valid during the call.
   */
  readonly goOn?: ((logits: Float32Array) => TokenMatcher | undefined) | undefined
  /** Asked before each choice that a grammar leaves: tokens that are likelier here than the model finds. The grammar stays the law. */
  readonly prefer?: ((generated: readonly number[]) => Preference | undefined) | undefined
}

export interface Preference {
  readonly tokens: readonly number[]
  /** Added to the logit of each of them, in nats. */
  readonly bonus: number
}

/** `matcher` stands where the answer stands; undefined: nothing holds it. */
export interface Decision {
  readonly matcher: TokenMatcher | undefined
}

export interface TokenEvent {
  readonly type: 'token'
  readonly token: number
  /** Empty while a character or a stop string is incomplete. */
  readonly text: string
  readonly logprobs?: Logprobs
  /** Where the grammar stands after each byte of the token. */
  readonly states?: readonly State[]
}

/** What a step came to: tokens to be told, as events, and a reason where the answer ends. */
export interface Advance {
  readonly events: readonly TokenEvent[]
  readonly reason: EndReason | undefined
  /** Tokens of the answer were taken back, so the sequence has to go back too. */
  readonly retreated?: boolean
}

export interface Answer {
  /** Prompt and answer so far. */
  readonly tokens: readonly number[]
  /** What follows the prompt without a choice. */
  readonly open: () => Advance
  /** The next token, chosen from the logits after prompt and `tokens`, and what follows it without a choice. */
  readonly step: (logits: Float32Array) => Advance
  /** Text that was held back, and whether a stop string came up in it. */
  readonly finish: () => { readonly text: string; readonly stopped: boolean }
  /** The stop string that ended it, where one did. */
  readonly stopText: string | undefined
  /** Tokens of the answer that were told. */
  readonly toldTokens: number
}

/** `mostTokens`: what maxTokens and the context leave. @throws OstroError `invalid-argument` for an option out of range. */
export function startAnswer(input: AnswerInput, options: GenerateOptions, mostTokens: number): Answer {
  const { prompt, text, endTokens, goOn, prefer } = input
  const choose = createChooser(options)
  const raised = createRaiser()
  const stops = createStopMatcher(options.stop ?? [])
  const tokens = [...prompt]
  /** Taken, but not to be told before the grammar knows a way to an end again. */
  let held: Omit<TokenEvent, 'text'>[] = []
  let { decide } = input
  let constraint = input.matcher && createConstraint(input.matcher)
  let stopped = false

  const answered = (): number => tokens.length - prompt.length
  const room = (): number => mostTokens - answered()
  const reasonNow = (): EndReason | undefined => {
    if (stopped) return 'stop'
    if (constraint?.mustEnd === true) return goOn === undefined || room() <= 0 ? 'stop' : undefined
    return room() <= 0 ? 'length' : undefined
  }

  const take = (token: number, logits: Float32Array | undefined): void => {
    tokens.push(token)
    const logprobs = logits &&
      options.logprobs !== undefined && { logprobs: logprobsOf(logits, token, options.logprobs) }
    held.push({ type: 'token', token, ...logprobs, ...(constraint && { states: constraint.push(token) }) })
  }
  const tell = (): TokenEvent[] => {
    if (constraint?.settle() === false) return []
    const events: TokenEvent[] = []
    while (held.length > 0 && !stopped) {
      const [event] = held.splice(0, 1)
      const shown = stops.push(text.push(event.token))
      stopped = shown.stopped
      events.push({ ...event, text: shown.text })
    }
    return events
  }
  /** With log-probabilities every token is drawn from its own logits, even where there is no choice. */
  const followForced = (): Advance => {
    const forced = constraint === undefined || options.logprobs !== undefined ? [] : constraint.forced()
    for (const token of forced.slice(0, Math.max(0, room()))) take(token, undefined)
    const events = tell()
    const reason = reasonNow()
    return reason === 'length' && held.length > 0 ? retreat(events) : { events, reason }
  }
  const enter = (): Advance => {
    if (constraint === undefined) return { events: [], reason: undefined }
    return constraint.fits(room()) ? followForced() : { events: [], reason: 'length' }
  }
  /** Out of a dead end: back to where an end was known. */
  const retreat = (events: readonly TokenEvent[]): Advance => {
    const taken = constraint?.retreat()
    if (taken === undefined) {
      if (room() <= 0) return { events, reason: 'length' }
      throw deadEnd(answered())
    }
    held = []
    tokens.length -= taken
    return { events, reason: undefined, retreated: true }
  }

  return {
    tokens,
    open: enter,
    step: (logits) => {
      const decision = decide?.(logits, tokens.slice(prompt.length))
      if (decision !== undefined) {
        decide = undefined
        constraint = decision.matcher && createConstraint(decision.matcher)
        const entered = enter()
        if (entered.events.length > 0 || entered.reason !== undefined) return entered
      }
      if (constraint?.mustEnd === true) {
        const further = goOn?.(logits)
        constraint = further && createConstraint(further)
        // What is whole does not become a part of something longer that has no room.
        if (constraint?.fits(room()) !== true) return { events: [], reason: 'stop' }
        const before = answered()
        const opened = followForced()
        if (answered() > before || opened.reason !== undefined) return opened
      }
      if (room() <= 0) return { events: [], reason: 'length' }
      const preference = constraint && prefer?.(tokens.slice(prompt.length))
      const token = choose(raised(logits, preference), tokens, constraint?.legal(room()))
      if (token === undefined) return retreat([])
      const ends = constraint === undefined ? options.ignoreEnd !== true : constraint.canEnd
      if (endTokens.has(token) && ends) return { events: [], reason: 'stop' }
      take(token, logits)
      return followForced()
    },
    finish: () => {
      if (stopped) return { text: '', stopped }
      const last = stops.push(text.flush())
      return { text: last.stopped ? last.text : last.text + stops.flush(), stopped: last.stopped }
    },
    get stopText() {
      return stops.matched()
    },
    get toldTokens() {
      return answered() - held.length
    },
  }
}

/** The logits with a preference in them. They themselves are left as they are: probabilities that are told are the model's own. */
function createRaiser(): (logits: Float32Array, preference: Preference | undefined) => Float32Array {
  let row = new Float32Array(0)
  return (logits, preference) => {
    if (preference === undefined) return logits
    if (row.length !== logits.length) row = new Float32Array(logits.length)
    row.set(logits)
    for (const token of preference.tokens) row[token] += preference.bonus
    return row
  }
}

function deadEnd(generatedTokens: number): OstroError {
  const message = `generate: the format allows no token after ${generatedTokens} tokens of the answer. Simplify the format.`
  return new OstroError('unsupported', message, { generatedTokens })
}
