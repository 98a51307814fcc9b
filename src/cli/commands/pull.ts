/** ostro pull: a model from its sources onto this machine. */
import { pull } from '../../hub/index.ts'
import { defineCommand } from '../command.ts'
import { formatBytes } from '../output.ts'
import { licenceAnswer, showPull } from '../pull-progress.ts'

export const command = defineCommand({
  args: {
    model: {
      type: 'positional',
      required: true,
      description: 'Name of the catalogue, or a URI (hf:, ms:, https:, pypi:)',
    },
    'accept-licence': { type: 'boolean', description: "Accept the model's licence without being asked" },
    'accept-change': {
      type: 'boolean',
      description: 'Take the file even if it differs from the one of the first pull',
    },
    connections: { type: 'string', description: 'Parallel connections, 1 to 8', default: '4' },
  },
  run: async ({ args, output, signal }) => {
    const connections = Number(args.connections)
    if (!Number.isInteger(connections) || connections < 1 || connections > 8) {
      const { usage } = await import('../arguments.ts')
      throw usage(`expected --connections from 1 to 8, got ${args.connections}`)
    }
    const model = await pull(args.model, {
      signal,
      connections,
      acceptLicence: licenceAnswer(args['accept-licence'] === true, output),
      acceptChange: args['accept-change'] === true,
      onProgress: showPull(args.model, output, { emitJson: true }),
    })
    if (!output.json) output.print(model, `${model.name}  ${formatBytes(model.sizeBytes)}  ${model.path}`)
  },
})
