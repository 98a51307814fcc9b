/** How many tokens a conversation has as the model would read it. */
import type { ChatMessage, ChatOptions } from '../tools/chat-model.ts'
import type { ServedModel } from './served-model.ts'

/** @throws OstroError as `Model.render` */
export async function promptTokens(
  model: ServedModel,
  messages: readonly ChatMessage[],
  options: ChatOptions,
): Promise<number> {
  const text = await model.render(messages, options)
  const tokens = await model.tokenize(text, { addSpecial: false, parseSpecial: true })
  return tokens.length
}
