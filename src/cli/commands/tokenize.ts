/** ostro tokenize: the token ids of a text, or the text of token ids. */
import { openSource } from '../../engine/open-source.node.ts'
import { OstroError } from '../../util/error.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { fetchModel, loadArgs, readStandardInput } from '../model-options.ts'
import { formatTable } from '../output.ts'

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: true, description: 'Name, URI or path' },
    text: { type: 'positional', required: false, description: 'The text; - reads standard input' },
    special: { type: 'boolean', description: 'Read texts such as <|im_end|> as control tokens' },
    plain: { type: 'boolean', description: 'Add neither BOS nor EOS' },
    decode: { type: 'boolean', description: 'The text is a list of ids: print what they say' },
    'accept-licence': loadArgs['accept-licence'],
  },
  run: async ({ args, output, signal }) => {
    const text = args.text === undefined || args.text === '-' ? await readStandardInput() : args.text
    const { path } = await fetchModel(args.model, args, output, signal)
    // No weight is read: the tokenizer is in the head of the file.
    const file = await openSource(path, { signal, acceptLicence: false, onDownload: () => undefined })
    try {
      const { tokenizer } = file
      if (tokenizer === undefined) throw new OstroError('unsupported', `tokenize: ${file.name} has no tokenizer.`)
      if (args.decode === true) {
        const decoded = tokenizer.decode(readIds(text), { special: args.special === true })
        return output.print({ text: decoded }, decoded)
      }
      const ids = tokenizer.encode(text, { addSpecial: args.plain !== true, parseSpecial: args.special === true })
      const tokens = ids.map((id) => ({ id, text: tokenizer.tokenText(id) }))
      output.print({ count: ids.length, tokens }, formatTable(tokens.map((token) => [String(token.id), token.text])))
    } finally {
      await file.close()
    }
  },
})

function readIds(text: string): number[] {
  return text
    .split(/[\s,[\]]+/)
    .filter((word) => word !== '')
    .map((word) => {
      if (/^\d+$/.test(word)) return Number(word)
      throw usage(`expected token ids, got ${word}`)
    })
}
