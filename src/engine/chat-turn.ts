/** One turn of a conversation, made ready: the prompt in the model's dialect, the grammar that holds the answer, and its reading. */
import { compileFormat, createTokenMatcher, createTokenTrie, type TokenMatcher } from '../constrain/index.ts'
import type { AnswerInput, TokenEvent } from '../generate/answer.ts'
import { argmax } from '../generate/select.ts'
import { createStopMatcher } from '../generate/stop.ts'
import {
  type ChatEvent,
  type ChatMessage,
  checkTools,
  createTurnReader,
  expectCalls,
  narrowTools,
  type TextDeltaEvent,
  type ToolCallEvent,
  type ToolDefinition,
  type ToolUse,
  turnGrammar,
  type TurnRequest,
  type TurnState,
} from '../tools/index.ts'
import { OstroError } from '../util/error.ts'
import type { EndReason } from '../util/generation.ts'
import { createRandom } from '../util/random.ts'
import {
  calibratedProbability,
  type CallCalibration,
  callProbability,
  requestOf,
  requestRelevance,
} from './call-decision.ts'
import type { MadeCall } from './call-remainder.ts'
import { compileSchema } from './formats.ts'
import { decideFurtherCalls } from './further-call.ts'
import { type ChatPrompt, chatPrompt } from './chat-prompt.ts'
import { shortlistUse } from './function-shortlist.ts'
import { preferExpected } from './preferred-tokens.ts'
import type { SendableOptions } from './protocol.ts'
import { requestOverlap } from './request-overlap.ts'
import type { Runtime } from './runtime.ts'
import { nextTokenLogits, type ReadingOptions, type TokensRead } from './whole-runs.ts'

export interface ChatTurn {
  readonly tokens: readonly number[]
  /** Undefined where nothing holds the answer: then its text is told as it is. */
  readonly held: HeldTurn | undefined
}

export interface HeldTurn extends Pick<AnswerInput, 'matcher' | 'decide' | 'goOn' | 'prefer'> {
  readonly tell: (event: TokenEvent, logprobs: TextDeltaEvent['logprobs']) => ChatEvent[]
  /** What the model read to choose between a call and a text, beside the prompt. */
  readonly decisionRead: TokensRead
  /** Set when the turn is over although the grammar would go on: a stop string, a repeated call. */
  readonly over: () => EndReason | undefined
  readonly finish: (reason: EndReason) => HeldEnd
}

export interface HeldEnd {
  readonly events: readonly ChatEvent[]
  readonly end: { readonly reason: EndReason; readonly stopText?: string }
}

/**
 * @throws OstroError `not-a-chat-model` for a base model without tools, `template` where its template refuses the messages,
 * `invalid-argument` for tools, choices or formats that cannot be kept
 */
export async function prepareChatTurn(
  runtime: Runtime,
  messages: readonly ChatMessage[],
  options: SendableOptions & { readonly seed: number },
  signal: AbortSignal,
): Promise<ChatTurn> {
  const asked = checkTools(options, compileSchema)
  const reads: TokensRead[] = []
  const reading = { key: options.cacheKey, onRead: (read: TokensRead) => reads.push(read) }
  const turn: PreparedTurn = {
    runtime,
    messages,
    options,
    signal,
    reading,
    threshold: checkThreshold(options.callThreshold),
  }
  const { use, prompt } = await decidedFirst(turn, asked)
  const { dialect, tokens, thinking, calibration, asksAfterCalls } = prompt
  if (use === undefined && options.format === undefined && thinking === 'off') return { tokens, held: undefined }

  const controls = runtime.controlTexts()
  const request: TurnRequest = {
    tools: use === undefined ? [] : calibration === undefined ? use.callable : narrowTools(use, compileSchema),
    mode: use === undefined ? 'free' : use.mode,
    decidedAgainstCalls: asked?.mode === 'auto' && use?.mode === 'none',
    parallel: use?.parallel ?? false,
    thinking,
    controls,
    content: options.format === undefined ? undefined : compileFormat(options.format).start,
  }
  const trie = createTokenTrie(runtime.tokenizer())
  const matcherFor = (changed: Partial<TurnRequest> = {}): TokenMatcher =>
    createTokenMatcher(trie, turnGrammar(dialect, { ...request, ...changed }))
  const oneByOne = use?.mode === 'required' && use.parallel && asksAfterCalls
  const { start } = turnGrammar(dialect, { ...request, ...(oneByOne && { oneCall: 'first' }) })
  const reader = readTurn(runtime, start, tokens.length, options)
  const prefer =
    use?.mode === 'required' && prompt.byExample
      ? preferExpected(runtime.tokenizer(), expectCalls(use.definitions, requestOf(messages)))
      : undefined
  if (oneByOne) {
    const furtherCalls = decideFurtherCalls(requestOf(messages), use)
    const goOn = (): TokenMatcher | undefined => {
      const further = furtherCalls(reader.made())
      return further && matcherFor({ oneCall: 'further', tools: further })
    }
    const matcher = matcherFor({ oneCall: 'first' })
    return { tokens, held: { ...reader, matcher, goOn, prefer, decisionRead: sumOf(reads) } }
  }
  if (use?.mode !== 'auto' || calibration === undefined) {
    return { tokens, held: { ...reader, matcher: matcherFor(), prefer, decisionRead: sumOf(reads) } }
  }
  const wantsCall = await weighRequest(turn, use.definitions, calibration)
  const decide: AnswerInput['decide'] = (logits) => {
    if (!reader.state().atChoice || beginsThinking(logits)) return undefined
    const call = matcherFor({ mode: 'required', thinking: 'off' })
    const chosen = wantsCall(callProbability(runtime.tokenizer(), call, logits))
    return { matcher: chosen ? call : matcherFor({ mode: 'none', decidedAgainstCalls: true, thinking: 'off' }) }
  }
  return { tokens, held: { ...reader, decide, matcher: undefined, decisionRead: sumOf(reads) } }

  /** Whether the model would rather think first. */
  function beginsThinking(logits: Float32Array): boolean {
    if (thinking === 'off' || dialect.reasoning === undefined || reader.state() !== start) return false
    const best = runtime
      .tokenizer()
      .decode([argmax(logits)], { special: true, continues: true })
      .trim()
    return best !== '' && dialect.reasoning.open.startsWith(best)
  }
}

interface PreparedTurn {
  readonly runtime: Runtime
  readonly messages: readonly ChatMessage[]
  readonly options: SendableOptions
  readonly signal: AbortSignal
  readonly reading: ReadingOptions
  /** Least probability of a call that is one. */
  readonly threshold: number
}

/**
 * Examples of answers without a call cost small models a part of their right calls. So where examples lead, the choice of `auto` is
 * made over one prompt and kept over another: a call as if it were required, a text as if there were no tools.
 */
async function decidedFirst(
  turn: PreparedTurn,
  given: ToolUse | undefined,
): Promise<{ readonly use: ToolUse | undefined; readonly prompt: ChatPrompt }> {
  const { runtime, messages, options, signal } = turn
  const whole = await chatPrompt(runtime, messages, given, options, signal)
  const asked = given !== undefined && whole.byExample ? shortlistUse(given, requestOf(messages), messages) : given
  const prompt = asked === given ? whole : await chatPrompt(runtime, messages, asked, options, signal)
  const { calibration, dialect } = prompt
  if (asked?.mode !== 'auto' || calibration === undefined || !prompt.byExample) return { use: asked, prompt }
  const wantsCall = await weighRequest(turn, asked.definitions, calibration)
  const logits = await nextTokenLogits(runtime, prompt.tokens, signal, turn.reading)
  const request = { tools: asked.callable, mode: 'required', parallel: false, thinking: 'off', controls: [] } as const
  const call = createTokenMatcher(createTokenTrie(runtime.tokenizer()), turnGrammar(dialect, request))
  const chosen = wantsCall(callProbability(runtime.tokenizer(), call, logits))
  const use: ToolUse = chosen ? { ...asked, mode: 'required' } : { ...asked, mode: 'none', definitions: [] }
  return { use, prompt: await chatPrompt(runtime, messages, use, options, signal) }
}

/** All evidence for a call but the first token: answers whether there is to be one for the probability that the token gives it. */
async function weighRequest(
  { runtime, messages, signal, reading, threshold }: PreparedTurn,
  tools: readonly ToolDefinition[],
  calibration: CallCalibration,
): Promise<(firstToken: number) => boolean> {
  const request = requestOf(messages)
  const relevance = await requestRelevance(runtime, tools, request, signal, reading)
  const overlap = requestOverlap(request, tools)
  return (firstToken) => calibratedProbability({ firstToken, relevance, overlap }, calibration) >= threshold
}

function sumOf(reads: readonly TokensRead[]): TokensRead {
  return {
    promptTokens: reads.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
    cachedTokens: reads.reduce((sum, { cachedTokens }) => sum + cachedTokens, 0),
  }
}

/** The text that the model would be given. */
export async function renderTurn(
  runtime: Runtime,
  messages: readonly ChatMessage[],
  options: SendableOptions,
  signal: AbortSignal,
): Promise<string> {
  const use = checkTools(options, compileSchema)
  return (await chatPrompt(runtime, messages, use, options, signal)).text
}

function readTurn(
  runtime: Runtime,
  start: TurnState,
  promptTokens: number,
  options: SendableOptions & { readonly seed: number },
): Omit<HeldTurn, 'matcher' | 'decide' | 'goOn' | 'prefer' | 'decisionRead'> & {
  readonly state: () => TurnState
  readonly made: () => readonly MadeCall[]
} {
  const tokenizer = runtime.tokenizer()
  const reader = createTurnReader({
    start,
    idOf: callIds(options.seed, promptTokens),
    trimStart: options.format === undefined,
    mostCalls: checkMostCalls(options.maxToolCalls),
  })
  const stops = createStopMatcher(options.stop ?? [])
  const made: MadeCall[] = []
  let stopped = false
  /** Stop strings end an answer's text; what thinking and calls say is nobody's to stop. */
  const untilStop = (events: readonly ChatEvent[]): ChatEvent[] =>
    events.flatMap((event): ChatEvent[] => {
      if (stopped) return []
      if (event.type !== 'text-delta') {
        const rest = stops.flush()
        return rest === '' ? [event] : [{ type: 'text-delta', text: rest }, event]
      }
      const shown = stops.push(event.text)
      stopped = shown.stopped
      return shown.text === '' ? [] : [{ ...event, text: shown.text }]
    })
  const withLogprobs = (events: ChatEvent[], logprobs: TextDeltaEvent['logprobs']): ChatEvent[] =>
    logprobs === undefined
      ? events
      : events.map((event) => (event.type === 'text-delta' ? { ...event, logprobs } : event))

  return {
    state: () => reader.state,
    made: () => made,
    tell: ({ token, states }, logprobs) => {
      const read = tokenizer.isSpecial(token) ? tokenizer.tokenText(token) : tokenizer.tokenBytes(token)
      const events = reader.push(read, states as readonly TurnState[] | undefined)
      for (const event of events) if (event.type === 'tool-call') made.push(readCall(event))
      return withLogprobs(untilStop(events), logprobs)
    },
    over: () => {
      if (stopped) return 'stop'
      return reader.over ? 'tool-calls' : undefined
    },
    finish: (reason) => {
      const events = stopped ? [] : untilStop(reader.flush())
      const rest = stopped ? '' : stops.flush()
      if (rest !== '') events.push({ type: 'text-delta', text: rest })
      const called = reader.calls > 0 && (reason === 'stop' || reason === 'tool-calls')
      const stopText = stops.matched()
      const end = { reason: called && !stopped ? ('tool-calls' as const) : reason }
      return { events, end: stopText === undefined ? end : { ...end, stopText } }
    },
  }
}

function readCall({ name, arguments: json }: ToolCallEvent): MadeCall {
  return { name, arguments: JSON.parse(json) as MadeCall['arguments'] }
}

const idLetters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Nine letters and digits, since one family's templates take no other; the same seed and prompt give the same ids. */
function callIds(seed: number, promptTokens: number): (index: number) => string {
  return (index) => {
    const random = createRandom(seed * 31 + promptTokens * 1009 + index)
    return Array.from({ length: 9 }, () => idLetters[random.uint32() % idLetters.length]).join('')
  }
}

function checkMostCalls(value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return value
  throw new OstroError(
    'invalid-argument',
    `chat: maxToolCalls must be a whole number from 1 on, got ${String(value)}.`,
    {
      option: 'maxToolCalls',
      value,
    },
  )
}

function checkThreshold(value = 0.5): number {
  if (value >= 0 && value <= 1) return value
  throw new OstroError('invalid-argument', `chat: callThreshold must be from 0 to 1, got ${String(value)}.`, {
    option: 'callThreshold',
    value,
  })
}
