/** ostro run: one prompt, one answer. An instruct model answers, a base model continues the text. */
import { OstroError } from '../../util/error.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { answerArgs, answerOptions, loadArgs, loadModel, readStandardInput } from '../model-options.ts'

const defaultCompletionTokens = 256

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: true, description: 'Name, URI or path' },
    prompt: { type: 'positional', required: false, description: 'The prompt; - reads standard input' },
    system: { type: 'string', description: 'System message (instruct models)' },
    raw: { type: 'boolean', description: 'Continue the prompt as it is, without a chat template' },
    ...answerArgs,
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const fromInput = args.prompt === '-' || (args.prompt === undefined && process.stdin.isTTY !== true)
    if (args.prompt === undefined && !fromInput) {
      throw usage('expected a prompt, or - for standard input; "ostro chat" holds a conversation')
    }
    const prompt = fromInput ? (await readStandardInput()).replace(/\r?\n$/, '') : (args.prompt ?? '')
    if (prompt === '') throw usage('the prompt is empty')
    await using model = await loadModel(args.model, args, output, signal)
    const options = answerOptions(args, signal)
    const asChat = model.info.kind === 'chat' && args.raw !== true
    const system = args.system === undefined ? [] : [{ role: 'system', content: args.system }]
    const events = asChat
      ? model.chat([...system, { role: 'user', content: prompt }], options)
      : model.stream(prompt, { ...options, maxTokens: options.maxTokens ?? defaultCompletionTokens })
    let text = ''
    for await (const event of events) {
      if (event.type === 'text-delta') {
        text += event.text
        if (!output.json) process.stdout.write(event.text)
      } else if (event.type === 'end') {
        if (event.reason === 'aborted') throw new OstroError('aborted', 'run: interrupted.', { text })
        const { type: _, ...end } = event
        output.print({ text, ...end }, '')
      }
    }
  },
})
