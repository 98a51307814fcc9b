/** The kinds of items that an answer is made of: how each opens, grows and closes as events, and what it is in the end. */
import { customToolInput } from './custom-tools.ts'
import { sealReasoning } from './reasoning-text.ts'
import type { OutputItem, OutputLogprob } from './response-body.ts'

/** An item that is being filled. */
export interface OpenItem {
  readonly kind: OutputKindName
  readonly id: string
  /** What it has so far; of a call, its arguments as JSON. */
  text: string
  readonly logprobs: OutputLogprob[]
  /** Of calls. */
  readonly callId: string
  readonly name: string
  /** Whether reasoning is wanted in its opaque form as well. */
  readonly sealed: boolean
}

export type OutputKindName = 'message' | 'reasoning' | 'summary' | 'function' | 'custom'

/** An event's type, without `response.`, and its fields beside those that name the item. */
export type ItemEvent = readonly [type: string, fields: Readonly<Record<string, unknown>>]

export interface OutputKind {
  readonly idPrefix: string
  readonly opened: readonly ItemEvent[]
  readonly grown: (delta: string, logprobs: readonly OutputLogprob[]) => readonly ItemEvent[]
  /** A call that was cut off is never said to be done. */
  readonly closed: (item: OpenItem, complete: boolean) => readonly ItemEvent[]
  /** In progress it has no parts yet. */
  readonly made: (item: OpenItem, status: OutputItem['status']) => OutputItem
}

const content_index = 0
const summary_index = 0

export const outputKinds: Readonly<Record<OutputKindName, OutputKind>> = {
  message: {
    idPrefix: 'msg',
    opened: [['content_part.added', { content_index, part: textPart('', []) }]],
    grown: (delta, logprobs) => [['output_text.delta', { content_index, delta, logprobs }]],
    closed: ({ text, logprobs }) => [
      ['output_text.done', { content_index, text, logprobs }],
      ['content_part.done', { content_index, part: textPart(text, logprobs) }],
    ],
    made: ({ id, text, logprobs }, status) => ({
      type: 'message',
      id,
      status,
      role: 'assistant',
      content: status === 'in_progress' ? [] : [textPart(text, logprobs)],
    }),
  },
  reasoning: {
    idPrefix: 'rs',
    opened: [['content_part.added', { content_index, part: { type: 'reasoning_text', text: '' } }]],
    grown: (delta) => [['reasoning_text.delta', { content_index, delta }]],
    closed: ({ text }) => [
      ['reasoning_text.done', { content_index, text }],
      ['content_part.done', { content_index, part: { type: 'reasoning_text', text } }],
    ],
    made: (item, status) => ({
      ...reasoningItem(item, status),
      content: status === 'in_progress' ? [] : [{ type: 'reasoning_text', text: item.text }],
    }),
  },
  summary: {
    idPrefix: 'rs',
    opened: [['reasoning_summary_part.added', { summary_index, part: { type: 'summary_text', text: '' } }]],
    grown: (delta) => [['reasoning_summary_text.delta', { summary_index, delta }]],
    closed: ({ text }) => [
      ['reasoning_summary_text.done', { summary_index, text }],
      ['reasoning_summary_part.done', { summary_index, part: { type: 'summary_text', text } }],
    ],
    made: (item, status) => ({
      ...reasoningItem(item, status),
      summary: status === 'in_progress' ? [] : [{ type: 'summary_text', text: item.text }],
    }),
  },
  function: {
    idPrefix: 'fc',
    opened: [],
    grown: (delta) => [['function_call_arguments.delta', { delta }]],
    closed: ({ name, text }, complete) =>
      complete ? [['function_call_arguments.done', { name, arguments: text }]] : [],
    made: ({ id, callId, name, text }, status) => ({
      type: 'function_call',
      id,
      status,
      call_id: callId,
      name,
      arguments: text,
    }),
  },
  custom: {
    idPrefix: 'ctc',
    opened: [],
    // The text lies inside of the arguments; it is told when they are whole.
    grown: () => [],
    closed: ({ text }, complete) =>
      complete
        ? [
            ['custom_tool_call_input.delta', { delta: customToolInput(text) }],
            ['custom_tool_call_input.done', { input: customToolInput(text) }],
          ]
        : [],
    made: ({ id, callId, name, text }, status) => ({
      type: 'custom_tool_call',
      id,
      status,
      call_id: callId,
      name,
      input: status === 'completed' ? customToolInput(text) : '',
    }),
  },
}

function textPart(text: string, logprobs: OutputLogprob[]) {
  return { type: 'output_text' as const, text, annotations: [], logprobs }
}

function reasoningItem({ id, text, sealed }: OpenItem, status: OutputItem['status']) {
  const encrypted = sealed && status !== 'in_progress' ? { encrypted_content: sealReasoning(text) } : {}
  return { type: 'reasoning' as const, id, status, summary: [], content: [], ...encrypted }
}
