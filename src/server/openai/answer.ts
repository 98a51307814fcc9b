/** What all OpenAI-shaped answers share: collected events, several choices at once, usage, log-probabilities. */
import { z } from 'zod'
import type { ChatEvent, EndEvent, TapEvent, TextDeltaEvent } from '../../tools/chat-model.ts'
import type { EndReason } from '../../util/generation.ts'

export interface CollectedCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

export interface CollectedAnswer {
  readonly text: string
  readonly reasoning: string
  /** Complete calls only. */
  readonly calls: readonly CollectedCall[]
  readonly logprobs: TextLogprobs | undefined
  readonly taps: readonly TapEvent[]
  readonly end: EndEvent
}

export type TextLogprobs = NonNullable<TextDeltaEvent['logprobs']>

export async function collectAnswer(events: AsyncIterable<ChatEvent>): Promise<CollectedAnswer> {
  let text = ''
  let reasoning = ''
  const calls: CollectedCall[] = []
  let logprobs: TextLogprobs[number][] | undefined
  const taps: TapEvent[] = []
  for await (const event of events) {
    switch (event.type) {
      case 'text-delta':
        text += event.text
        if (event.logprobs !== undefined) (logprobs ??= []).push(...event.logprobs)
        break
      case 'reasoning-delta':
        reasoning += event.text
        break
      case 'tool-call':
        calls.push({ id: event.id, name: event.name, arguments: event.arguments })
        break
      case 'tap':
        taps.push(event)
        break
      case 'end':
        return { text, reasoning, calls, logprobs, taps, end: event }
      case 'prefill-progress':
      case 'tool-call-start':
      case 'tool-call-delta':
        break
      default:
        event satisfies never
    }
  }
  throw new Error('server: the stream of an answer ended without its end event.')
}

export interface ChoiceEvent {
  readonly choice: number
  readonly event: ChatEvent
}

/** The events of several answers as they come, each with the index of its answer. */
export async function* interleave(answers: readonly AsyncIterable<ChatEvent>[]): AsyncGenerator<ChoiceEvent> {
  const iterators = answers.map((answer) => answer[Symbol.asyncIterator]())
  const step = async (choice: number): Promise<{ choice: number; result: IteratorResult<ChatEvent> }> => ({
    choice,
    result: await iterators[choice].next(),
  })
  const pending = new Map(iterators.map((_, choice) => [choice, step(choice)]))
  try {
    while (pending.size > 0) {
      const { choice, result } = await Promise.race(pending.values())
      if (result.done === true) {
        pending.delete(choice)
        continue
      }
      // Next in line behind the others, so that no answer starves.
      pending.delete(choice)
      pending.set(choice, step(choice))
      yield { choice, event: result.value }
    }
  } finally {
    // A step that fails after another has failed is of no interest any more.
    for (const rest of pending.values()) rest.catch(() => {})
    await Promise.allSettled(iterators.map((iterator) => iterator.return?.()))
  }
}

export type FinishReason = 'stop' | 'length' | 'tool_calls'

export function finishReason(reason: EndReason): FinishReason {
  switch (reason) {
    case 'tool-calls':
      return 'tool_calls'
    case 'length':
      return 'length'
    case 'stop':
    case 'aborted':
      return 'stop'
    default:
      return reason satisfies never
  }
}

export const usageObject = z
  .strictObject({
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    prompt_tokens_details: z.strictObject({ cached_tokens: z.int() }),
  })
  .meta({ id: 'CompletionUsage' })

/** Prompts count once, however many answers each has; `ends` holds all answers, those of a prompt one after the other. */
export function usageOf(ends: readonly EndEvent[], answersPerPrompt: number): z.infer<typeof usageObject> {
  const firsts = ends.filter((_, index) => index % answersPerPrompt === 0)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const promptTokens = sum(firsts.map(({ usage }) => usage.promptTokens))
  const completionTokens = sum(ends.map(({ usage }) => usage.generatedTokens))
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: sum(firsts.map(({ usage }) => usage.cachedTokens)) },
  }
}

export const timingsObject = z
  .strictObject({ wait_ms: z.number(), prefill_ms: z.number(), decode_ms: z.number() })
  .meta({ id: 'Timings', description: 'Extension: where the time of the first answer went' })

export function timingsOf({ timings }: EndEvent): z.infer<typeof timingsObject> {
  return { wait_ms: timings.waitMs, prefill_ms: timings.prefillMs, decode_ms: timings.decodeMs }
}

const tokenLogprob = { token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullable() }

export const logprobsObject = z
  .strictObject({
    content: z
      .array(z.strictObject({ ...tokenLogprob, top_logprobs: z.array(z.strictObject(tokenLogprob)) }))
      .nullable(),
    refusal: z.null(),
  })
  .meta({ id: 'ChoiceLogprobs' })

/** @param top how many of the most probable tokens were asked for */
export function chatLogprobs(logprobs: TextLogprobs, top: number): z.infer<typeof logprobsObject> {
  return {
    content: logprobs.map((entry) => ({
      ...namedToken(entry),
      top_logprobs: entry.top.slice(0, top).map((other) => namedToken(other)),
    })),
    refusal: null,
  }
}

const encoder = new TextEncoder()

function namedToken(entry: { readonly token: number; readonly logprob: number; readonly text?: string }) {
  const token = entry.text ?? `token_${entry.token}`
  return { token, logprob: finite(entry.logprob), bytes: [...encoder.encode(token)] }
}

/** JSON has no infinity; a banned token's logarithm is a very small number instead. */
function finite(logprob: number): number {
  return Math.max(logprob, -9999)
}
