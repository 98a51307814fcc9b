/** ostro ls: the models on this machine, or the whole catalogue. */
import { catalogue, listModels } from '../../hub/index.ts'
import { defineCommand } from '../command.ts'
import { formatBytes, formatTable } from '../output.ts'

export const command = defineCommand({
  args: { all: { type: 'boolean', alias: 'a', description: 'Also the names of the catalogue that are not here' } },
  run: async ({ args, output }) => {
    const models = await listModels()
    const present = new Set(models.map((model) => model.name))
    const absent = args.all ? catalogue.filter((entry) => !present.has(entry.name)) : []
    if (output.json) {
      for (const model of models) output.print({ ...model, present: true }, '')
      for (const entry of absent) output.print({ ...entry, present: false }, '')
      return
    }
    if (models.length + absent.length === 0) {
      output.note('No models here. "ostro ls --all" shows the catalogue, "ostro pull NAME" downloads one.')
      return
    }
    const rows = models.map((model) => [
      model.name,
      model.kind ?? '',
      formatBytes(model.sizeBytes),
      model.licence ?? '',
      model.path,
    ])
    const missing = absent.map((entry) => {
      const size = entry.weights ? formatBytes(entry.weights.sizeBytes) : ''
      const note = `not pulled: ${entry.title}${entry.tested ? '' : ' (not tested here)'}`
      return [entry.name, entry.kind, size, entry.licence, note]
    })
    output.print(undefined, formatTable([['NAME', 'KIND', 'SIZE', 'LICENCE', 'PATH'], ...rows, ...missing]))
  },
})
