/** ostro embed: vectors of texts. */
import { defaultEncoderName } from '../../hub/index.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { encoderArgs, loadEncoder, readLines } from '../encoder-options.ts'

/** Values of a vector that people are shown. */
const shownValues = 6

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: true, description: `Name, URI or path, such as ${defaultEncoderName}` },
    text: {
      type: 'positional',
      required: false,
      description: 'Texts; - or none reads standard input, one text a line',
    },
    truncate: { type: 'boolean', description: 'Cut texts that are too long instead of refusing them' },
    ...encoderArgs,
  },
  rest: true,
  run: async ({ args, output, signal }) => {
    const given = args._.slice(1)
    const texts = given.length === 0 || given[0] === '-' ? await readLines() : given
    if (texts.length === 0) throw usage('expected texts, or lines on standard input')
    await using model = await loadEncoder(args.model, args, output, signal)
    const vectors = await model.embed(texts, { truncate: args.truncate === true, signal })
    vectors.forEach((vector, index) => {
      const shown = Array.from(vector.subarray(0, shownValues), (value) => value.toFixed(4)).join(' ')
      const line = `${texts[index]}\n  ${shown} ... (${vector.length} values)`
      output.print({ index, text: texts[index], embedding: Array.from(vector) }, line)
    })
  },
})
