/** A model on another machine as agents and tasks see models. */
import type { ChatMessage } from '../tools/chat-model.ts'
import type { LanguageModel, Prompt } from '../tools/language-model.ts'
import { OstroError } from '../util/error.ts'
import type { RemoteOptions } from './endpoint.ts'
import { plainChat } from './plain-chat.ts'
import { remoteChat } from './remote-chat.ts'
import { remoteCompletion } from './remote-completion.ts'

export interface RemoteModelOptions extends RemoteOptions {
  /** Tokens that a prompt and its answer may have together there. */
  readonly contextTokens: number
  /** Requests at once. Default 4. */
  readonly slots?: number | undefined
  /** `plain`: its server has only completions, so tools and formats are kept here. Default `chat`. */
  readonly interface?: 'chat' | 'plain' | undefined
  /** Counts the tokens of a text. Default: the bytes of its UTF-8, which no tokenizer exceeds. */
  readonly countTokens?: ((text: string) => number | Promise<number>) | undefined
}

/** Tokens that a template may put around a message, and around them all. */
const tokensPerMessage = 16

/**
 * @throws OstroError `invalid-argument` for a malformed address; from its streams `network`, `not-found`, `unsupported`
 * @example
 * const strong = remoteModel({ baseUrl: 'http://127.0.0.1:8000/v1', model: 'qwen3-32b', contextTokens: 32_768 })
 */
export function remoteModel(options: RemoteModelOptions): LanguageModel {
  const { contextTokens, slots = 4, interface: kind = 'chat', countTokens = utf8Length, ...remote } = options
  const { chat } = kind === 'chat' ? remoteChat(remote) : plainChat(remote)
  const { stream } = remoteCompletion(remote)
  return {
    id: remote.model,
    contextTokens,
    slots,
    can: { chat: kind === 'chat', score: false, format: kind === 'plain' },
    chat,
    stream,
    scoreContinuations: async () => {
      const message = `remote: the server of ${remote.model} tells no probabilities of given texts. Use a local model.`
      throw new OstroError('unsupported', message, { model: remote.model })
    },
    countTokens: async (prompt: Prompt, { tools = [], format } = {}) => {
      if (typeof prompt === 'string') return countTokens(prompt)
      const texts = [...prompt.map(wireText), ...[...tools, format].map((told) => JSON.stringify(told) ?? '')]
      const counts = await Promise.all(texts.map(async (text) => countTokens(text)))
      return counts.reduce((sum, count) => sum + count + tokensPerMessage, tokensPerMessage)
    },
  }
}

const utf8Length = (text: string): number => new TextEncoder().encode(text).length

const wireText = (message: ChatMessage): string =>
  typeof message.content === 'string' && message.tool_calls === undefined ? message.content : JSON.stringify(message)
