/** ostro translate: a text, or each line of standard input, by an encoder-decoder such as NLLB, OPUS-MT or MADLAD-400. */
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { count, loadArgs, loadModel, readStandardInput } from '../model-options.ts'

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: true, description: 'Name, URI or path, such as a folder with safetensors' },
    text: { type: 'positional', required: false, description: 'The text; - reads standard input line by line' },
    from: { type: 'string', description: "Language of the text, in the model's own codes (en, eng_Latn)" },
    to: { type: 'string', description: 'Language of the translation' },
    beams: { type: 'string', description: 'Translations continued side by side; 1 is fastest' },
    'max-tokens': { type: 'string', alias: 'n', description: 'Most tokens of a translation' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const fromInput = args.text === '-' || (args.text === undefined && process.stdin.isTTY !== true)
    if (args.text === undefined && !fromInput) throw usage('expected a text, or - for standard input')
    const lines = fromInput ? (await readStandardInput()).replace(/\r?\n$/, '').split(/\r?\n/) : [args.text ?? '']
    const options = {
      from: args.from,
      to: args.to,
      beams: count('beams', args.beams),
      maxTokens: count('max-tokens', args['max-tokens']),
      signal,
    }
    if (lines.every((line) => line.trim() === '')) throw usage('the text is empty')
    await using model = await loadModel(args.model, args, output, signal)
    for (const line of lines) {
      // Models make something of nothing; empty lines keep paragraphs apart.
      if (line.trim() === '') {
        if (!output.json) output.print({}, '')
        continue
      }
      const translation = await model.translate(line, options)
      output.print({ source: line, ...translation }, translation.text)
    }
  },
})
