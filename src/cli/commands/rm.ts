/** ostro rm: a pulled model off this machine. */
import { removeModel } from '../../hub/index.ts'
import { defineCommand } from '../command.ts'
import { formatBytes } from '../output.ts'

export const command = defineCommand({
  args: { model: { type: 'positional', required: true, description: 'Name or URI, as "ostro ls" shows it' } },
  run: async ({ args, output }) => {
    const { freedBytes } = await removeModel(args.model)
    output.print({ name: args.model, freedBytes }, `Removed ${args.model}, ${formatBytes(freedBytes)}.`)
  },
})
