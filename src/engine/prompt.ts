/** From what a caller asks to the token ids that the model reads. */
import type { ChatMessage } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import type { Prompt, SendableOptions } from './protocol.ts'
import type { Runtime } from './runtime.ts'

/** @throws OstroError `unsupported` */
export function promptTokens(runtime: Runtime, prompt: Exclude<Prompt, { kind: 'chat' }>): number[] {
  switch (prompt.kind) {
    case 'text':
      return runtime.tokenizer().encode(prompt.text)
    case 'tokens':
      return [...prompt.tokens]
    case 'infill': {
      const tokenizer = runtime.tokenizer()
      const { infill } = tokenizer
      if (infill === undefined) {
        throw new OstroError(
          'unsupported',
          `infill: ${runtime.info.name} has no tokens for filling in the middle. Take a model trained for it.`,
        )
      }
      const plain = { addSpecial: false }
      const start = tokenizer.addsBos && tokenizer.bos !== undefined ? [tokenizer.bos] : []
      const before = tokenizer.encode(prompt.before, plain)
      const after = tokenizer.encode(prompt.after, plain)
      return [...start, infill.prefix, ...before, infill.suffix, ...after, infill.middle]
    }
    default:
      return prompt satisfies never
  }
}

/** The conversation as the template writes it, ready for the answer. */
export async function renderChat(
  runtime: Runtime,
  messages: readonly ChatMessage[],
  options: SendableOptions,
  signal: AbortSignal,
): Promise<string> {
  checkMessages(messages)
  if (runtime.chatTemplate === undefined) {
    throw new OstroError(
      'not-a-chat-model',
      `chat: ${runtime.info.name} is a base model, its file has no chat template. ` +
        'Continue a text with complete() or `ostro run`, or take an instruct model such as smollm2:135m.',
      { model: runtime.info.name },
    )
  }
  const variables = options.templateVariables
  const input = { messages, addGenerationPrompt: true }
  return runtime.chatTemplate.render(variables === undefined ? input : { ...input, variables }, signal)
}

interface CoveredPart {
  readonly text: string
  readonly covered: boolean
}

interface CoveredText {
  readonly messages: readonly ChatMessage[]
  readonly split: (rendered: string) => CoveredPart[]
}

export function coverControlTexts(messages: readonly ChatMessage[], controlTexts: readonly string[]): CoveredText {
  const texts = messages.flatMap(textsOf)
  const found = controlTexts.filter((control) => texts.some((text) => text.includes(control)))
  if (found.length === 0) return { messages, split: (text) => [{ text, covered: false }] }
  // Longest first, or the start of a longer one would be covered and its end left open.
  const longestFirst = found.toSorted((a, b) => b.length - a.length)
  // Characters of the private use area: no template trims or escapes them.
  const cover = (text: string): string =>
    longestFirst.reduce((covered, control, index) => covered.replaceAll(control, `\uE0F0${index}\uE0F1`), text)
  return {
    messages: messages.map((message) => coverMessage(message, cover)),
    split: (rendered) =>
      rendered.split(/(\uE0F0\d+\uE0F1)/u).flatMap((part): CoveredPart[] => {
        const index = /^\uE0F0(\d+)\uE0F1$/u.exec(part)?.[1]
        const control = index === undefined ? undefined : longestFirst[Number(index)]
        if (control !== undefined) return [{ text: control, covered: true }]
        return part === '' ? [] : [{ text: part, covered: false }]
      }),
  }
}

function textsOf({ content }: ChatMessage): string[] {
  if (typeof content === 'string') return [content]
  return (content ?? []).flatMap((part) => (part.type === 'text' ? [part.text as string] : []))
}

function coverMessage(message: ChatMessage, cover: (text: string) => string): ChatMessage {
  const { content } = message
  if (typeof content === 'string') return { ...message, content: cover(content) }
  if (!content) return message
  return {
    ...message,
    content: content.map((part) => (part.type === 'text' ? { type: 'text', text: cover(part.text as string) } : part)),
  }
}

function checkMessages(messages: readonly ChatMessage[]): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new OstroError('invalid-argument', 'chat: a list of at least one message expected. Give { role, content }.')
  }
  messages.forEach((message: unknown, index) => {
    const { role, content } = (message ?? {}) as Partial<ChatMessage>
    const legal = content === undefined || content === null || typeof content === 'string' || Array.isArray(content)
    if (typeof role === 'string' && legal) return
    throw new OstroError(
      'invalid-argument',
      `chat: message ${index} must have a role and a content that are texts, got ${typeof role} and ${typeof content}.`,
      { index },
    )
  })
}
