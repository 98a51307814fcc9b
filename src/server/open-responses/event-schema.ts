/** The events of a response's stream, as the OpenAPI document describes them. */
import { z } from 'zod'
import { outputItem, outputLogprob, outputText, reasoningText, responseObject, summaryText } from './response-body.ts'

const numbered = { sequence_number: z.int() }
const ofItem = { ...numbered, item_id: z.string(), output_index: z.int() }
const ofPart = { ...ofItem, content_index: z.int() }
const ofSummary = { ...ofItem, summary_index: z.int() }
const part = z.discriminatedUnion('type', [outputText, reasoningText])
const logprobs = z.array(outputLogprob)

const lifecycle = (type: string) => z.strictObject({ type: z.literal(type), ...numbered, response: responseObject })
const item = (type: string) =>
  z.strictObject({ type: z.literal(type), ...numbered, output_index: z.int(), item: outputItem })

export const responseEvent = z
  .discriminatedUnion('type', [
    lifecycle('response.created'),
    lifecycle('response.in_progress'),
    lifecycle('response.completed'),
    lifecycle('response.incomplete'),
    lifecycle('response.failed'),
    item('response.output_item.added'),
    item('response.output_item.done'),
    z.strictObject({ type: z.literal('response.content_part.added'), ...ofPart, part }),
    z.strictObject({ type: z.literal('response.content_part.done'), ...ofPart, part }),
    z.strictObject({ type: z.literal('response.output_text.delta'), ...ofPart, delta: z.string(), logprobs }),
    z.strictObject({ type: z.literal('response.output_text.done'), ...ofPart, text: z.string(), logprobs }),
    z.strictObject({ type: z.literal('response.reasoning_text.delta'), ...ofPart, delta: z.string() }),
    z.strictObject({ type: z.literal('response.reasoning_text.done'), ...ofPart, text: z.string() }),
    z.strictObject({ type: z.literal('response.reasoning_summary_part.added'), ...ofSummary, part: summaryText }),
    z.strictObject({ type: z.literal('response.reasoning_summary_part.done'), ...ofSummary, part: summaryText }),
    z.strictObject({ type: z.literal('response.reasoning_summary_text.delta'), ...ofSummary, delta: z.string() }),
    z.strictObject({ type: z.literal('response.reasoning_summary_text.done'), ...ofSummary, text: z.string() }),
    z.strictObject({ type: z.literal('response.function_call_arguments.delta'), ...ofItem, delta: z.string() }),
    z.strictObject({
      type: z.literal('response.function_call_arguments.done'),
      ...ofItem,
      name: z.string(),
      arguments: z.string(),
    }),
    z.strictObject({ type: z.literal('response.custom_tool_call_input.delta'), ...ofItem, delta: z.string() }),
    z.strictObject({ type: z.literal('response.custom_tool_call_input.done'), ...ofItem, input: z.string() }),
  ])
  .meta({ id: 'ResponseStreamEvent' })
