/** The AI SDK's call options as options of `Model.chat`, with a warning for each that has no counterpart. */
import type { JsonValue, ToolDefinition } from '../chat/index.ts'
import { defaultSampling } from '../server/default-sampling.ts'
import type { ChatOptions, ToolChoice } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import type { OutputFormat, SamplingOptions } from '../util/generation.ts'
import type { CallOptions, Effort, Warning } from './served-model.ts'

/** Options of Ostro that the AI SDK has no word for: `providerOptions: { ostro: { minP: 0.05 } }`. */
export type OstroOptions = Pick<
  ChatOptions,
  | 'minP'
  | 'typicalP'
  | 'repetitionPenalty'
  | 'noRepeatNgram'
  | 'logitBias'
  | 'format'
  | 'parallelToolCalls'
  | 'toolFormat'
  | 'callThreshold'
  | 'templateVariables'
>

const ostroOptionNames: readonly string[] = [
  'minP',
  'typicalP',
  'repetitionPenalty',
  'noRepeatNgram',
  'logitBias',
  'format',
  'parallelToolCalls',
  'toolFormat',
  'callThreshold',
  'templateVariables',
] satisfies (keyof OstroOptions)[]

/** @throws OstroError `invalid-argument` for an unknown name under `providerOptions.ostro`. */
export function chatOptionsOf(call: CallOptions): { options: ChatOptions; warnings: Warning[] } {
  const { tools, warnings } = toolsOf(call.tools)
  const ostro = ostroOptionsOf(call)
  const thinking = thinkingOf(call.reasoning)
  if (thinking.warning !== undefined) warnings.push(thinking.warning)
  const variables = { ...thinking.variables, ...ostro.templateVariables }
  return {
    warnings,
    options: {
      ...samplingOf(call),
      maxTokens: call.maxOutputTokens,
      presencePenalty: call.presencePenalty,
      frequencyPenalty: call.frequencyPenalty,
      stop: call.stopSequences,
      seed: call.seed,
      format: formatOf(call.responseFormat),
      signal: call.abortSignal,
      ...(tools.length > 0 && { tools, toolChoice: choiceOf(call.toolChoice) }),
      ...ostro,
      ...(Object.keys(variables).length > 0 && { templateVariables: variables }),
    },
  }
}

/** As over HTTP: what nobody says anything about is sampled as the server does. */
function samplingOf({ temperature, topP, topK }: CallOptions): SamplingOptions {
  const silent = [temperature, topP, topK].every((value) => value === undefined)
  return silent ? defaultSampling : { temperature, topP, topK }
}

function toolsOf(given: CallOptions['tools'] = []): { tools: ToolDefinition[]; warnings: Warning[] } {
  const tools: ToolDefinition[] = []
  const warnings: Warning[] = []
  for (const tool of given) {
    if (tool.type === 'provider') {
      const details = 'Tools that a provider runs do not exist for a local model. Define it as a function.'
      warnings.push({ type: 'unsupported', feature: `provider tool ${tool.id}`, details })
      continue
    }
    tools.push({
      type: 'function',
      function: {
        name: tool.name,
        // JSON Schema's own type has no index signature, but it is JSON.
        parameters: tool.inputSchema as { readonly [key: string]: JsonValue },
        ...(tool.description !== undefined && { description: tool.description }),
        ...(tool.strict !== undefined && { strict: tool.strict }),
      },
    })
  }
  return { tools, warnings }
}

function choiceOf(choice: CallOptions['toolChoice']): ToolChoice {
  if (choice === undefined) return 'auto'
  return choice.type === 'tool' ? { name: choice.toolName } : choice.type
}

function formatOf(format: CallOptions['responseFormat']): OutputFormat | undefined {
  if (format === undefined || format.type === 'text') return undefined
  if (format.schema === undefined) return { type: 'json' }
  return { type: 'json-schema', schema: format.schema as JsonValue }
}

interface Thinking {
  readonly variables: { readonly [name: string]: JsonValue }
  readonly warning?: Warning
}

/** Effort reaches a model through its template, under the names that templates of open models have settled on. */
function thinkingOf(effort: Effort | undefined): Thinking {
  switch (effort) {
    case undefined:
    case 'provider-default':
      return { variables: {} }
    case 'none':
      return { variables: { enable_thinking: false } }
    case 'low':
    case 'medium':
    case 'high':
      return { variables: { enable_thinking: true, reasoning_effort: effort } }
    case 'minimal':
      return rounded(effort, 'low')
    case 'xhigh':
    case 'max':
      return rounded(effort, 'high')
    default:
      return effort satisfies never
  }
}

function rounded(effort: Effort, nearest: 'low' | 'high'): Thinking {
  const details = `Templates know low, medium and high: ${nearest} is used.`
  return {
    variables: { enable_thinking: true, reasoning_effort: nearest },
    warning: { type: 'compatibility', feature: `reasoning ${effort}`, details },
  }
}

function ostroOptionsOf(call: CallOptions): OstroOptions {
  const given = call.providerOptions?.['ostro'] ?? {}
  for (const name of Object.keys(given)) {
    if (ostroOptionNames.includes(name)) continue
    throw new OstroError(
      'invalid-argument',
      `AI SDK: providerOptions.ostro has no option "${name}". Known are ${ostroOptionNames.join(', ')}.`,
      { option: name },
    )
  }
  // The engine checks every value; here only the names are known.
  return given as OstroOptions
}
