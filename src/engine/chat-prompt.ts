/** A conversation as the tokens that the model reads, with its tools told in the dialect that the model keeps. */
import {
  type ChatMessage,
  completionPrompt,
  defaultPromptOptions,
  type Dialect,
  mergeSystemTurn,
  tellFormat,
  templateMessages,
  type TemplateTraits,
  type ToolDefinition,
  type ToolUse,
  universal,
  universalCall,
  universalCompletion,
  universalMessages,
  type UniversalPromptInput,
} from '../tools/index.ts'
import { OstroError } from '../util/error.ts'
import { type CallCalibration, callCalibration, modelCalibration } from './call-decision.ts'
import { checkMessages, coverControlTexts } from './covered-text.ts'
import type { SendableOptions } from './protocol.ts'
import type { Runtime } from './runtime.ts'
import { templateTraits } from './template-traits.ts'

export interface ChatPrompt {
  readonly tokens: readonly number[]
  /** The same as text, control tokens included. */
  readonly text: string
  readonly dialect: Dialect
  readonly thinking: 'inside' | 'possible' | 'off'
  /** Undefined where the model has a notation of its own to decide with. */
  readonly calibration: CallCalibration | undefined
  /** Whether worked examples in a plain text lead to the answer. */
  readonly byExample: boolean
  /** Whether each further call is decided on apart, since the model would hardly ever begin one. */
  readonly asksAfterCalls: boolean
}

/** @throws OstroError `not-a-chat-model` for a base model without tools, `template` where the template refuses, `unsupported` */
export async function chatPrompt(
  runtime: Runtime,
  messages: readonly ChatMessage[],
  use: ToolUse | undefined,
  options: SendableOptions,
  signal: AbortSignal,
): Promise<ChatPrompt> {
  checkMessages(messages)
  const told = tellFormat(messages, options.format)
  const tools = use?.definitions ?? []
  const input = { messages: told, tools, mode: use?.mode ?? 'none' }
  if (runtime.chatTemplate === undefined) {
    // Few-shot examples make calls of a plain continuation; without tools a base model has no turns to answer in.
    if (use === undefined) throw notAChatModel(runtime)
    if (options.toolFormat === 'native') throw noNativeTools(runtime)
    return asCompletion(runtime, input)
  }
  const traits = await templateTraits(runtime)
  if (traits.dialect === undefined && use !== undefined && options.toolFormat === 'native') throw noNativeTools(runtime)
  if (traits.dialect !== undefined && options.toolFormat !== 'universal') {
    const own = templateMessages(told, traits)
    const rendered = await renderCovered(runtime, { messages: own, tools }, traits, options, signal)
    const thinking = thinkingOf(rendered.text, traits)
    return {
      ...rendered,
      dialect: traits.dialect,
      thinking,
      calibration: undefined,
      byExample: false,
      asksAfterCalls: false,
    }
  }
  if (tools.length > 0 && runtime.info.parameters < leastParametersForTurns) return asCompletion(runtime, input)
  const plain = universalMessages(input, defaultPromptOptions.turns)
  const rendered = await renderCovered(runtime, { messages: plain, tools: [] }, traits, options, signal)
  const dialect = { ...universal, reasoning: traits.reasoning }
  const thinking = thinkingOf(rendered.text, traits)
  return { ...rendered, dialect, thinking, calibration: modelCalibration, byExample: false, asksAfterCalls: false }
}

/**
 * Below this size a model that was not trained on tools follows worked examples in a plain text better than instructions in its
 * turns (docs/experiments.md).
 */
const leastParametersForTurns = 1e9

function asCompletion(runtime: Runtime, input: UniversalPromptInput): ChatPrompt {
  const dialect = input.mode === 'required' ? universalCall : universalCompletion
  const text = completionPrompt(input, defaultPromptOptions.completion, dialect)
  const tokens = runtime.tokenizer().encode(text)
  const asksAfterCalls = runtime.info.parameters < leastParametersForTurns
  return { tokens, text, dialect, thinking: 'off', calibration: callCalibration, byExample: true, asksAfterCalls }
}

/** Whether the prompt leaves the model within its thinking, or has told it not to think. */
function thinkingOf(text: string, { reasoning }: TemplateTraits): ChatPrompt['thinking'] {
  if (reasoning === undefined) return 'off'
  const end = text.trimEnd()
  if (end.endsWith(reasoning.open)) return 'inside'
  return end.endsWith(reasoning.close) ? 'off' : 'possible'
}

interface Conversation {
  readonly messages: readonly ChatMessage[]
  readonly tools: readonly ToolDefinition[]
}

/**
 * Control tokens that the template writes become control tokens; the same characters in a message or a tool stay text, so that
 * nobody forges a turn. Texts that hold such characters go through the template under a cover name.
 */
async function renderCovered(
  runtime: Runtime,
  conversation: Conversation,
  traits: TemplateTraits,
  options: SendableOptions,
  signal: AbortSignal,
): Promise<{ readonly tokens: readonly number[]; readonly text: string }> {
  const covers = coverControlTexts(conversation, runtime.controlTexts())
  const rendered = await render(runtime, covers.value, traits, options, signal)
  const parts = covers.split(rendered)
  const tokens = parts.flatMap((part) => {
    return runtime.tokenizer().encode(part.text, { addSpecial: false, parseSpecial: !part.covered })
  })
  return { tokens, text: parts.map(({ text }) => text).join('') }
}

async function render(
  runtime: Runtime,
  { messages, tools }: Conversation,
  { system }: TemplateTraits,
  { templateVariables }: SendableOptions,
  signal: AbortSignal,
): Promise<string> {
  if (runtime.chatTemplate === undefined) throw notAChatModel(runtime)
  const shown = system ? messages : mergeSystemTurn(messages)
  return runtime.chatTemplate.render(
    {
      messages: shown,
      addGenerationPrompt: true,
      ...(tools.length === 0 ? {} : { tools }),
      ...(templateVariables === undefined ? {} : { variables: templateVariables }),
    },
    signal,
  )
}

function noNativeTools({ info }: Runtime): OstroError {
  return new OstroError(
    'unsupported',
    `chat: the template of ${info.name} knows no tools, so it has no notation of its own. Take toolFormat 'universal'.`,
    { model: info.name },
  )
}

function notAChatModel({ info }: Runtime): OstroError {
  return new OstroError(
    'not-a-chat-model',
    `chat: ${info.name} is a base model, its file has no chat template. ` +
      'Continue a text with complete() or `ostro run`, give it tools, or take an instruct model such as smollm2:135m.',
    { model: info.name },
  )
}
