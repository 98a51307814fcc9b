/** ostro quantize: a smaller copy of a GGUF model, tensor by tensor. */
import { createWriteStream } from 'node:fs'
import { access, realpath, rename, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { startConvertThreads } from '../../formats/gguf/convert-threads.node.ts'
import { openGguf } from '../../formats/gguf/open-gguf.node.ts'
import { type QuantizedTensor, quantizeGguf, type QuantizeType, quantizeTypes } from '../../formats/index.ts'
import { OstroError } from '../../util/error.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { count } from '../model-options.ts'
import { formatBytes, formatTable, type Output } from '../output.ts'

const typeNames = Object.keys(quantizeTypes) as QuantizeType[]

export const command = defineCommand({
  args: {
    input: { type: 'positional', required: true, description: 'GGUF file, best with f32, f16 or bf16 weights' },
    result: { type: 'positional', required: true, description: 'GGUF file to write' },
    type: { type: 'string', required: true, description: `Type of the matrices: ${typeNames.join(', ')}` },
    threads: { type: 'string', description: 'Threads that convert; default: one per core, at most 8' },
    force: { type: 'boolean', description: 'Replace the file to write where it exists' },
  },
  run: async ({ args, output, signal }) => {
    const type = typeNames.find((name) => name === args.type.toLowerCase())
    if (type === undefined) throw usage(`expected --type to be ${typeNames.join(', ')}, got ${args.type}`)
    const threads = count('threads', args.threads) ?? Math.min(8, availableParallelism())
    if (threads < 1 || threads > 64) throw usage(`expected --threads from 1 to 64, got ${args.threads}`)
    const file = await openGguf(args.input, { signal })
    try {
      await checkTarget(args.input, args.result, args.force === true)
      await using pool = startConvertThreads(threads)
      const progress = output.progress(`Quantising to ${type}`)
      const { tensors, bytes } = quantizeGguf(file, {
        type,
        signal,
        convert: pool.convert,
        jobs: threads + 1,
        onProgress: progress.update,
      })
      noteFallbacks(tensors, output)
      try {
        await writeWhole(args.result, bytes())
      } finally {
        progress.end()
      }
      const sizeBytes = tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0)
      const sourceBytes = [...file.tensors.values()].reduce((sum, tensor) => sum + tensor.sizeBytes, 0)
      output.print(
        { path: args.result, type, sourceBytes, sizeBytes, tensors },
        `${formatTable(typeRows(tensors))}\n${args.result}  ${formatBytes(sourceBytes)} -> ${formatBytes(sizeBytes)}`,
      )
    } finally {
      await file.close()
    }
  },
})

/** What the user did not ask for is said: other types than the wanted one, and losses that add up. */
function noteFallbacks(tensors: readonly QuantizedTensor[], output: Output): void {
  const fallbacks = new Map<string, string[]>()
  for (const { name, shape, to, reason } of tensors) {
    if (reason !== 'fallback') continue
    const why = `${to}, since rows of ${shape.at(-1)} are no whole blocks of the wanted type`
    fallbacks.set(why, [...(fallbacks.get(why) ?? []), name])
  }
  for (const [why, names] of fallbacks) {
    const others = names.length > 1 ? ` and ${names.length - 1} more` : ''
    output.note(`${names[0]}${others}: ${why}.`)
  }
  const twice = tensors.filter(({ from, to }) => from !== to && !['f32', 'f16', 'bf16'].includes(from))
  if (twice.length === 0) return
  const types = [...new Set(twice.map(({ from }) => from))].join(', ')
  output.note(`${twice.length} tensors were quantised before (${types}); the original file would give better ones.`)
}

async function checkTarget(input: string, target: string, force: boolean): Promise<void> {
  const exists = await access(target).then(
    () => true,
    () => false,
  )
  if (!exists) return
  if ((await realpath(input)) === (await realpath(target))) throw usage('expected two different files, got one')
  if (!force) throw usage(`${target} exists; pass --force to replace it`)
}

/** The file appears only when it is complete. */
async function writeWhole(path: string, bytes: AsyncGenerator<Uint8Array>): Promise<void> {
  const unfinished = `${path}.part`
  try {
    await pipeline(bytes, createWriteStream(unfinished))
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    if (error instanceof OstroError) throw error
    throw new OstroError('disk', `${path}: cannot be written (${String(error)}).`, { path }, { cause: error })
  }
}

function typeRows(tensors: readonly QuantizedTensor[]): string[][] {
  const sums = new Map<string, { count: number; sizeBytes: number }>()
  for (const { from, to, sizeBytes } of tensors) {
    const key = `${from} -> ${to}`
    const sum = sums.get(key) ?? { count: 0, sizeBytes: 0 }
    sums.set(key, { count: sum.count + 1, sizeBytes: sum.sizeBytes + sizeBytes })
  }
  return [...sums].map(([key, sum]) => [key, `${sum.count} tensors`, formatBytes(sum.sizeBytes)])
}
