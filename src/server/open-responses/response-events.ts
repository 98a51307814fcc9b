/** A model's events as the events of a response: items are added, filled part by part, and done, one after the other. */
import type { ChatEvent, EndEvent, TextDeltaEvent } from '../../tools/chat-model.ts'
import { OstroError } from '../../util/error.ts'
import type { ApiError } from '../api-error.ts'
import { type ItemEvent, type OpenItem, type OutputKindName, outputKinds } from './output-kinds.ts'
import { type OutputItem, type OutputLogprob, type ResponseObject, usageObject } from './response-body.ts'

export interface ResponseEvent {
  readonly type: string
  readonly sequence_number: number
  readonly [field: string]: unknown
}

export interface ResponseEventOptions {
  /** Names of the tools whose calls are texts. */
  readonly customTools: ReadonlySet<string>
  /** Reasoning goes into the place of a summary. */
  readonly reasoningAsSummary: boolean
  /** Whether reasoning is wanted in its opaque form as well. */
  readonly sealedReasoning: boolean
  readonly logprobsOf: (event: TextDeltaEvent) => OutputLogprob[]
  readonly newId: (prefix: string) => string
  /** Unix time in seconds. */
  readonly now: () => number
}

export interface ResponseEvents {
  readonly events: AsyncGenerator<ResponseEvent>
  /** The response as far as it is. */
  readonly current: () => ResponseObject
  /** The last event of a stream that fails. */
  readonly failed: (error: ApiError) => ResponseEvent
}

export function responseEvents(
  answer: AsyncIterable<ChatEvent>,
  start: ResponseObject,
  options: ResponseEventOptions,
): ResponseEvents {
  let response = start
  let open: OpenItem | undefined
  let sequenceNumber = 0

  const told = (type: string, fields: Readonly<Record<string, unknown>>): ResponseEvent => ({
    type: `response.${type}`,
    sequence_number: sequenceNumber++,
    ...fields,
  })
  function* ofItem({ id }: OpenItem, events: readonly ItemEvent[]): Generator<ResponseEvent> {
    const where = { item_id: id, output_index: response.output.length }
    for (const [type, fields] of events) yield told(type, { ...where, ...fields })
  }

  function* add(kind: OutputKindName, call?: { readonly id: string; readonly name: string }): Generator<ResponseEvent> {
    yield* close('completed')
    const { idPrefix, made, opened } = outputKinds[kind]
    open = {
      kind,
      id: options.newId(idPrefix),
      text: '',
      logprobs: [],
      callId: call?.id ?? '',
      name: call?.name ?? '',
      sealed: options.sealedReasoning,
    }
    yield told('output_item.added', { output_index: response.output.length, item: made(open, 'in_progress') })
    yield* ofItem(open, opened)
  }

  function* grow(item: OpenItem, delta: string, logprobs: OutputLogprob[] = []): Generator<ResponseEvent> {
    item.text += delta
    item.logprobs.push(...logprobs)
    yield* ofItem(item, outputKinds[item.kind].grown(delta, logprobs))
  }

  function* close(status: Exclude<OutputItem['status'], 'in_progress'>): Generator<ResponseEvent> {
    if (open === undefined) return
    const { closed, made } = outputKinds[open.kind]
    yield* ofItem(open, closed(open, status === 'completed'))
    const item = made(open, status)
    yield told('output_item.done', { output_index: response.output.length, item })
    response = { ...response, output: [...response.output, item] }
    open = undefined
  }

  function* finish(end: EndEvent): Generator<ResponseEvent> {
    if (open === undefined && response.output.length === 0) yield* add('message')
    const cut = end.reason === 'length'
    const status = cut ? 'incomplete' : 'completed'
    yield* close(status)
    response = {
      ...response,
      status,
      incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
      completed_at: cut ? null : options.now(),
      usage: usageObject(end.usage),
    }
    yield told(status, { response })
  }

  async function* events(): AsyncGenerator<ResponseEvent> {
    const reasoningKind = options.reasoningAsSummary ? 'summary' : 'reasoning'
    yield told('created', { response })
    yield told('in_progress', { response })
    for await (const event of answer) {
      switch (event.type) {
        case 'text-delta':
          if (open?.kind !== 'message') yield* add('message')
          if (open !== undefined) yield* grow(open, event.text, options.logprobsOf(event))
          break
        case 'reasoning-delta':
          if (open?.kind !== reasoningKind) yield* add(reasoningKind)
          if (open !== undefined) yield* grow(open, event.text)
          break
        case 'tool-call-start':
          yield* add(options.customTools.has(event.name) ? 'custom' : 'function', event)
          break
        case 'tool-call-delta':
          if (open !== undefined) yield* grow(open, event.arguments)
          break
        case 'tool-call':
          yield* close('completed')
          break
        case 'end':
          yield* finish(event)
          return
        default:
          break // A consumer ignores types that it doesn't know.
      }
    }
    throw new OstroError('device', 'responses: the engine ended the stream without an end event.')
  }

  return {
    events: events(),
    current: () => response,
    failed: (error) => {
      response = { ...response, status: 'failed', error: { code: failureCode(error.status), message: error.message } }
      return told('failed', { response })
    },
  }
}

function failureCode(status: number): string {
  if (status === 429) return 'rate_limit_exceeded'
  return status < 500 ? 'invalid_prompt' : 'server_error'
}
