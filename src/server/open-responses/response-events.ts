/** A model's events as the events of a response: items are added, filled part by part, and done, one after the other. */
import type { ChatEvent, TextDeltaEvent } from '../../tools/chat-model.ts'
import { OstroError } from '../../util/error.ts'
import type { ApiError } from '../api-error.ts'
import { customToolInput } from './custom-tools.ts'
import { sealReasoning } from './reasoning-text.ts'
import { type OutputItem, type OutputLogprob, type ResponseObject, usageObject } from './response-body.ts'

export interface ResponseEvent {
  readonly type: string
  readonly sequence_number: number
  readonly [field: string]: unknown
}

export interface ResponseEventOptions {
  /** Names of the tools whose calls are texts. */
  readonly customTools: ReadonlySet<string>
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

/** An item that is being filled; `text` is what it has so far. */
type OpenItem =
  | { readonly kind: 'message'; readonly id: string; text: string; readonly logprobs: OutputLogprob[] }
  | { readonly kind: 'reasoning'; readonly id: string; text: string }
  | {
      readonly kind: 'function' | 'custom'
      readonly id: string
      readonly callId: string
      readonly name: string
      text: string
    }

export function responseEvents(
  answer: AsyncIterable<ChatEvent>,
  start: ResponseObject,
  options: ResponseEventOptions,
): ResponseEvents {
  let response = start
  let open: OpenItem | undefined
  let sequenceNumber = 0

  const event = (type: string, fields: Readonly<Record<string, unknown>>): ResponseEvent => ({
    type,
    sequence_number: sequenceNumber++,
    ...fields,
  })
  const partOf = (item: OpenItem) => ({ item_id: item.id, output_index: response.output.length, content_index: 0 })
  const callOf = (item: OpenItem) => ({ item_id: item.id, output_index: response.output.length })

  function* add(item: OpenItem): Generator<ResponseEvent> {
    open = item
    const empty = finishedItem(item, 'in_progress', options)
    const added = 'content' in empty ? { ...empty, content: [] } : empty
    yield event('response.output_item.added', { output_index: response.output.length, item: added })
    if (item.kind === 'message') {
      yield event('response.content_part.added', { ...partOf(item), part: textPart('', []) })
    } else if (item.kind === 'reasoning') {
      yield event('response.content_part.added', { ...partOf(item), part: { type: 'reasoning_text', text: '' } })
    }
  }

  function* close(status: 'completed' | 'incomplete'): Generator<ResponseEvent> {
    if (open === undefined) return
    const { text } = open
    switch (open.kind) {
      case 'message': {
        const { logprobs } = open
        yield event('response.output_text.done', { ...partOf(open), text, logprobs })
        yield event('response.content_part.done', { ...partOf(open), part: textPart(text, logprobs) })
        break
      }
      case 'reasoning':
        yield event('response.reasoning_text.done', { ...partOf(open), text })
        yield event('response.content_part.done', { ...partOf(open), part: { type: 'reasoning_text', text } })
        break
      case 'function':
        // A call that was cut off is never said to be done.
        if (status === 'completed') {
          yield event('response.function_call_arguments.done', { ...callOf(open), name: open.name, arguments: text })
        }
        break
      case 'custom':
        if (status === 'completed') {
          yield event('response.custom_tool_call_input.delta', { ...callOf(open), delta: text })
          yield event('response.custom_tool_call_input.done', { ...callOf(open), input: text })
        }
        break
      default:
        open satisfies never
    }
    const item = finishedItem(open, status, options)
    yield event('response.output_item.done', { output_index: response.output.length, item })
    response = { ...response, output: [...response.output, item] }
    open = undefined
  }

  function* opened(kind: 'message' | 'reasoning'): Generator<ResponseEvent> {
    if (open?.kind === kind) return
    yield* close('completed')
    const id = options.newId(kind === 'message' ? 'msg' : 'rs')
    yield* add(kind === 'message' ? { kind, id, text: '', logprobs: [] } : { kind, id, text: '' })
  }

  async function* events(): AsyncGenerator<ResponseEvent> {
    yield event('response.created', { response })
    yield event('response.in_progress', { response })
    for await (const given of answer) {
      switch (given.type) {
        case 'text-delta': {
          yield* opened('message')
          if (open?.kind !== 'message') break
          const logprobs = options.logprobsOf(given)
          yield event('response.output_text.delta', { ...partOf(open), delta: given.text, logprobs })
          open.text += given.text
          open.logprobs.push(...logprobs)
          break
        }
        case 'reasoning-delta':
          yield* opened('reasoning')
          if (open === undefined) break
          yield event('response.reasoning_text.delta', { ...partOf(open), delta: given.text })
          open.text += given.text
          break
        case 'tool-call-start': {
          yield* close('completed')
          const kind = options.customTools.has(given.name) ? 'custom' : 'function'
          const id = options.newId(kind === 'custom' ? 'ctc' : 'fc')
          yield* add({ kind, id, callId: given.id, name: given.name, text: '' })
          break
        }
        case 'tool-call-delta':
          if (open?.kind !== 'function') break
          yield event('response.function_call_arguments.delta', { ...callOf(open), delta: given.arguments })
          open.text += given.arguments
          break
        case 'tool-call':
          if (open?.kind === 'custom') open.text = customToolInput(given.arguments)
          yield* close('completed')
          break
        case 'end': {
          if (open === undefined && response.output.length === 0) yield* opened('message')
          const cut = given.reason === 'length'
          yield* close(cut ? 'incomplete' : 'completed')
          response = {
            ...response,
            status: cut ? 'incomplete' : 'completed',
            incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
            completed_at: cut ? null : options.now(),
            usage: usageObject(given.usage),
          }
          yield event(`response.${response.status}`, { response })
          return
        }
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
      return event('response.failed', { response })
    },
  }
}

function finishedItem(item: OpenItem, status: OutputItem['status'], options: ResponseEventOptions): OutputItem {
  const { id, text } = item
  switch (item.kind) {
    case 'message':
      return { type: 'message', id, status, role: 'assistant', content: [textPart(text, item.logprobs)] }
    case 'reasoning':
      return {
        type: 'reasoning',
        id,
        status,
        summary: [],
        content: [{ type: 'reasoning_text', text }],
        ...(options.sealedReasoning && { encrypted_content: sealReasoning(text) }),
      }
    case 'function':
      return { type: 'function_call', id, status, call_id: item.callId, name: item.name, arguments: text }
    case 'custom':
      return { type: 'custom_tool_call', id, status, call_id: item.callId, name: item.name, input: text }
    default:
      return item satisfies never
  }
}

function textPart(text: string, logprobs: OutputLogprob[]) {
  return { type: 'output_text' as const, text, annotations: [], logprobs }
}

function failureCode(status: number): string {
  if (status === 429) return 'rate_limit_exceeded'
  return status < 500 ? 'invalid_prompt' : 'server_error'
}
