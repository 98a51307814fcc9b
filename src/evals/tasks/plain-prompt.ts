/** What people write without a library: one prompt, one greedy answer. The baseline of every suite. */
import type { LanguageModel } from '../../tools/language-model.ts'
import { OstroError } from '../../util/error.ts'

export interface PlainPrompt {
  /** As said to a model that chats. */
  readonly chat: string
  /** As a text to be continued by a base model. */
  readonly base: string
  /** Ends the answer of a base model, which would go on for ever. */
  readonly stop?: readonly string[] | undefined
  readonly maxTokens: number
}

export async function askPlainly(model: LanguageModel, prompt: PlainPrompt, signal: AbortSignal): Promise<string> {
  const options = { temperature: 0, maxTokens: prompt.maxTokens, seed: 0, signal }
  const events = model.can.chat
    ? model.chat([{ role: 'user', content: prompt.chat }], options)
    : model.stream(prompt.base, { ...options, stop: prompt.stop })
  let answer = ''
  for await (const event of events) {
    if (event.type === 'text-delta') answer += event.text
    if (event.type === 'end' && event.reason === 'aborted') throw new OstroError('aborted', 'eval: cancelled.')
  }
  return answer.trim()
}
