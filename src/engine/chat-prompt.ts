/** A conversation as the tokens that the model reads, with its tools told in the dialect that the model keeps. */
import {
  type ChatMessage,
  completionPrompt,
  defaultPromptOptions,
  type Dialect,
  mergeSystemTurn,
  type ToolUse,
  universal,
  universalCompletion,
  universalMessages,
} from '../tools/index.ts'
import { OstroError } from '../util/error.ts'
import { coverControlTexts, renderChat } from './prompt.ts'
import type { SendableOptions } from './protocol.ts'
import type { Runtime } from './runtime.ts'

export interface ChatPrompt {
  readonly tokens: readonly number[]
  readonly dialect: Dialect
  readonly thinking: 'inside' | 'possible' | 'off'
  /** Probability of a call from which on it is made, where the dialect leaves that to the first token. */
  readonly callThreshold: number
}

const callThresholds = { turns: 0.5, completion: 0.5 } as const

export async function chatPrompt(
  runtime: Runtime,
  messages: readonly ChatMessage[],
  use: ToolUse | undefined,
  options: SendableOptions,
  signal: AbortSignal,
): Promise<ChatPrompt> {
  const layout = defaultPromptOptions[runtime.chatTemplate === undefined ? 'base' : 'chat']
  const input = { messages, tools: use?.definitions ?? [], mode: use?.mode ?? 'none' }
  if (layout.layout === 'completion' && use !== undefined) {
    const tokens = runtime.tokenizer().encode(completionPrompt(input, layout))
    return { tokens, dialect: universalCompletion, thinking: 'off', callThreshold: callThresholds.completion }
  }
  const told = universalMessages(input, layout)
  const text = await renderCovered(runtime, use === undefined ? messages : told, options, signal)
  return { tokens: text, dialect: universal, thinking: 'off', callThreshold: callThresholds.turns }
}

/**
 * Control tokens that the template writes become control tokens; the same characters in a message stay text, so that nobody
 * forges a turn. Texts of messages that hold such characters go through the template under a cover name.
 */
async function renderCovered(
  runtime: Runtime,
  messages: readonly ChatMessage[],
  options: SendableOptions,
  signal: AbortSignal,
): Promise<number[]> {
  const covers = coverControlTexts(messages, runtime.controlTexts())
  const text = await renderWithSystem(runtime, covers.messages, options, signal)
  return covers.split(text).flatMap((part) => {
    return runtime.tokenizer().encode(part.text, { addSpecial: false, parseSpecial: !part.covered })
  })
}

async function renderWithSystem(
  runtime: Runtime,
  messages: readonly ChatMessage[],
  options: SendableOptions,
  signal: AbortSignal,
): Promise<string> {
  const merged = mergeSystemTurn(messages)
  try {
    return await renderChat(runtime, messages, options, signal)
  } catch (error) {
    const refusedSystem = error instanceof OstroError && error.fields['byTemplate'] === true
    if (!refusedSystem || messages[0]?.role !== 'system') throw error
    return renderChat(runtime, merged, options, signal)
  }
}
