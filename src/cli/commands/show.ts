/** ostro show: what a model's files say about it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GgufFile, GgufValue } from '../../formats/index.ts'
import { findInCatalogue, type LocalModel, resolveModel } from '../../hub/index.ts'
import { OstroError } from '../../util/error.ts'
import { defineCommand } from '../command.ts'
import { formatBytes, formatTable, type Output } from '../output.ts'

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: true, description: 'Name, URI or path of a model on this machine' },
    tensors: { type: 'boolean', description: 'Also every tensor' },
  },
  run: async ({ args, output, signal }) => {
    const model = await resolveModel(args.model)
    if (!model) throw absent(args.model)
    if (model.format === 'gguf') return showGguf(model, args.tensors === true, output, signal)
    return showFolder(model, args.tensors === true, output, signal)
  },
})

interface TensorRow {
  readonly name: string
  readonly type: string
  readonly shape: readonly number[]
  readonly sizeBytes: number
}

async function showGguf(model: LocalModel, withTensors: boolean, output: Output, signal: AbortSignal): Promise<void> {
  const { openGguf } = await import('../../formats/gguf/open-gguf.node.ts')
  const file = await openGguf(model.path, { signal })
  try {
    const metadata = [...file.metadata].map(([key, value]): [string, unknown] => [key, plain(value)])
    print(model, `GGUF version ${file.version}`, metadata, tensorsOf(file), withTensors, output)
  } finally {
    await file.close()
  }
}

async function showFolder(model: LocalModel, withTensors: boolean, output: Output, signal: AbortSignal): Promise<void> {
  const { openSafetensors } = await import('../../formats/open-safetensors.node.ts')
  const file = await openSafetensors(model.path, { signal })
  try {
    const text = await readFile(join(model.directory, 'config.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}'
      throw error
    })
    const config = Object.entries(JSON.parse(text) as Record<string, unknown>)
    print(model, 'safetensors', config, [...file.tensors.values()], withTensors, output)
  } finally {
    await file.close()
  }
}

function print(
  model: LocalModel,
  format: string,
  metadata: readonly [string, unknown][],
  tensors: readonly TensorRow[],
  withTensors: boolean,
  output: Output,
): void {
  const parameters = tensors.reduce((total, { shape }) => total + shape.reduce((product, size) => product * size, 1), 0)
  const types = countTypes(tensors)
  const rows = tensors.map(({ name, type, shape, sizeBytes }) => ({ name, type, shape, sizeBytes }))
  const { files, ...facts } = model
  const value = {
    ...facts,
    files,
    format,
    parameters,
    types,
    metadata: Object.fromEntries(metadata),
    tensorCount: tensors.length,
  }
  if (output.json) return output.print(withTensors ? { ...value, tensors: rows } : value, '')
  const head = [
    ['name', model.name],
    ['path', model.path],
    ['format', format],
    ['size', formatBytes(model.sizeBytes)],
    ['parameters', `${(parameters / 1e6).toFixed(1)} M`],
    [
      'tensors',
      `${tensors.length}: ${Object.entries(types)
        .map(([type, count]) => `${count} ${type}`)
        .join(', ')}`,
    ],
    ...(model.kind ? [['kind', model.kind]] : []),
    ...(model.licence ? [['licence', model.licence]] : []),
    ...(model.source ? [['source', model.source]] : []),
  ]
  const sections = [formatTable(head), formatTable(metadata.map(([key, entry]) => [key, shorten(entry)]))]
  if (withTensors)
    sections.push(
      formatTable(rows.map((row) => [row.name, row.type, row.shape.join(' x '), formatBytes(row.sizeBytes)])),
    )
  output.print(value, sections.join('\n\n'))
}

function tensorsOf(file: GgufFile): readonly TensorRow[] {
  return [...file.tensors.values()]
}

function countTypes(tensors: readonly TensorRow[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type } of tensors) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

/** JSON can hold it: long arrays (a vocabulary) become their length and first entries. */
function plain(value: GgufValue): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object') return value
  const first: unknown[] = []
  for (const entry of value as Iterable<unknown>) {
    if (first.length === 8) break
    first.push(typeof entry === 'bigint' ? entry.toString() : entry)
  }
  return value.length <= 8 ? first : { length: value.length, first }
}

function shorten(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value)
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}

function absent(name: string): OstroError {
  const hint = findInCatalogue(name) ? `"ostro pull ${name}" downloads it.` : '"ostro ls" shows what is there.'
  return new OstroError('not-found', `show: the model ${name} is not on this machine. ${hint}`, { name })
}
