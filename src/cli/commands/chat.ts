/** ostro chat: a conversation on a terminal; where standard input is no terminal, one prompt per line and one answer each. */
import { createInterface } from 'node:readline'
import { defaultModelName } from '../../hub/index.ts'
import type { Model } from '../../index.ts'
import { OstroError } from '../../util/error.ts'
import { createConversation, type Conversation } from '../conversation.ts'
import { defineCommand } from '../command.ts'
import { answerArgs, answerOptions, loadArgs, loadModel } from '../model-options.ts'
import type { Output } from '../output.ts'
import { createPrompt } from '../prompt-line.ts'

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: false, description: 'Name, URI or path', default: defaultModelName },
    system: { type: 'string', description: 'System message' },
    ...answerArgs,
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    await using model = await loadModel(args.model, args, output, signal)
    if (model.info.kind === 'base') throw await baseModelError(model)
    const options = answerOptions(args, signal)
    const conversation = createConversation(model, { ...options, maxTokens: options.maxTokens ?? 1024 }, args.system)
    if (process.stdin.isTTY === true && process.stdout.isTTY === true && !output.json) {
      await talk(conversation, model, output, signal)
    } else {
      await answerLines(conversation, output, signal)
    }
  },
})

const help = [
  '/system TEXT  sets the system message and starts anew',
  '/clear        starts a new conversation',
  '/exit         leaves (so does Ctrl-D)',
  'Ctrl-C        stops the answer',
].join('\n')

async function talk(conversation: Conversation, model: Model, output: Output, signal: AbortSignal): Promise<void> {
  output.note(`${model.info.name}, ${(model.info.parameters / 1e6).toFixed(0)} M parameters. /help shows the commands.`)
  const prompt = createPrompt()
  try {
    while (!signal.aborted) {
      const line = await prompt.ask(output.bold('> '), signal)
      if (line === undefined) return
      const text = line.trim()
      if (text === '') continue
      if (text === '/exit' || text === '/quit') return
      if (text.startsWith('/')) {
        output.note(obey(conversation, text))
        continue
      }
      await answerAloud(conversation, text, output, prompt.whileMuted)
    }
  } finally {
    prompt.close()
  }
}

/** Runs a command of the conversation and says what happened. */
function obey(conversation: Conversation, text: string): string {
  const [name, ...words] = text.split(' ')
  switch (name) {
    case '/help':
      return help
    case '/clear':
      conversation.clear()
      return 'A new conversation.'
    case '/system':
      conversation.clear(words.join(' '))
      return words.length === 0 ? 'No system message.' : 'A new conversation with this system message.'
    default:
      return `${name} is no command.\n${help}`
  }
}

async function answerAloud(
  conversation: Conversation,
  text: string,
  output: Output,
  whileMuted: (work: (stop: AbortSignal) => Promise<void>) => Promise<void>,
): Promise<void> {
  await whileMuted(async (stop) => {
    try {
      const end = await conversation.answer(text, (delta) => process.stdout.write(delta), stop)
      const { promptTokens, cachedTokens, generatedTokens } = end.usage
      const speed = generatedTokens > 1 ? ((generatedTokens - 1) / end.timings.decodeMs) * 1000 : undefined
      const facts = [
        `${generatedTokens} tokens`,
        ...(speed === undefined ? [] : [`${speed.toFixed(1)} tokens/s`]),
        `first after ${(end.timings.prefillMs + end.timings.waitMs).toFixed(0)} ms`,
        `${promptTokens} tokens read, ${cachedTokens} of them from before`,
        ...(end.reason === 'length' ? ['cut at --max-tokens or the end of the context'] : []),
        ...(end.reason === 'aborted' ? ['stopped'] : []),
      ]
      process.stdout.write(`\n${output.dim(facts.join(' · '))}\n\n`)
    } catch (error) {
      if (!(error instanceof OstroError) || error.code !== 'context-overflow') throw error
      output.note(`${error.message} /clear starts a new conversation.`)
    }
  })
}

async function answerLines(conversation: Conversation, output: Output, signal: AbortSignal): Promise<void> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity })
  for await (const line of lines) {
    const text = line.trim()
    if (text === '') continue
    if (text === '/exit' || text === '/quit') return
    if (/^\/(help|clear|system)\b/.test(text)) {
      output.note(obey(conversation, text))
      continue
    }
    let answer = ''
    const show = (delta: string): void => {
      answer += delta
      if (!output.json) process.stdout.write(delta)
    }
    const end = await conversation.answer(text, show, signal)
    if (end.reason === 'aborted') throw new OstroError('aborted', 'chat: interrupted.')
    const { type: _, ...facts } = end
    output.print({ prompt: text, text: answer, ...facts }, '')
  }
}

/** The engine's own words for it, so that there is one text. */
async function baseModelError(model: Model): Promise<Error> {
  try {
    await model.render([{ role: 'user', content: '' }])
  } catch (error) {
    if (error instanceof Error) return error
  }
  return new OstroError('not-a-chat-model', `chat: ${model.info.name} is a base model. Use "ostro run".`)
}
