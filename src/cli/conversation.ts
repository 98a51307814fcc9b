/** The messages of one conversation and how an answer joins them. */
import type { ChatMessage, EndEvent, Model } from '../index.ts'
import { OstroError } from '../util/error.ts'
import type { GenerateOptions } from '../util/generation.ts'

export interface Conversation {
  /** Asks, hands on the text as it comes, and keeps both turns; a stopped answer is kept as far as it got. */
  readonly answer: (prompt: string, show: (delta: string) => void, signal: AbortSignal) => Promise<EndEvent>
  /** Starts anew; with a text, under that system message. */
  readonly clear: (system?: string) => void
}

export function createConversation(model: Model, options: GenerateOptions, system: string | undefined): Conversation {
  let systemText = system
  let messages: ChatMessage[] = []
  return {
    answer: async (prompt, show, signal) => {
      const question: ChatMessage = { role: 'user', content: prompt }
      const start: ChatMessage[] = systemText === undefined ? [] : [{ role: 'system', content: systemText }]
      let text = ''
      for await (const event of model.chat([...start, ...messages, question], { ...options, signal })) {
        if (event.type === 'text-delta') {
          text += event.text
          show(event.text)
        } else if (event.type === 'end') {
          messages = [...messages, question, { role: 'assistant', content: text }]
          return event
        }
      }
      throw new OstroError('device', 'chat: the stream ended without an end event.')
    },
    clear: (text) => {
      messages = []
      if (text !== undefined) systemText = text === '' ? undefined : text
    },
  }
}
