/**
 * Quantises a GGUF model: the same metadata, each tensor recoded. Streams stretch by stretch, so a model larger than memory passes
 * through; what is in memory at once is `jobs` stretches of some megabytes.
 */
import type { BlockTypeName } from '../../quant/block-type.ts'
import { blockTypeOf } from '../../quant/index.ts'
import { OstroError } from '../../util/error.ts'
import { type BlockConverter, convertBlocks } from './convert-blocks.ts'
import type { GgufFile, GgufTensor, GgufValue, GgufValueType } from './gguf-file.ts'
import { chooseType, outputNameOf, type QuantizeReason, type QuantizeType, quantizeTypes } from './quantize-types.ts'
import { writeGguf } from './write-gguf.ts'

export interface QuantizeGgufOptions {
  /** Of the matrices; see `QuantizeReason` for those that get another. */
  readonly type: QuantizeType
  /** Converts a stretch; default on this thread. */
  readonly convert?: BlockConverter
  /** Stretches converted at once; as many as `convert` has threads. Default 1. */
  readonly jobs?: number
  readonly signal?: AbortSignal
  /** Bytes of the source that are read and converted. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void
}

export interface QuantizedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly from: BlockTypeName
  readonly to: BlockTypeName
  readonly reason: QuantizeReason
  readonly sizeBytes: number
}

export interface QuantizedGguf {
  /** Decided from the header alone, before a weight is read. */
  readonly tensors: readonly QuantizedTensor[]
  /** The new file. Consumed once; `file` must stay open until its end. */
  readonly bytes: () => AsyncGenerator<Uint8Array, void, undefined>
}

/** Values converted at once: 4 MiB as f32, and a multiple of every block. */
const stretchValues = 1024 * 1024

/**
 * Plans the quantised file; reading and converting start when `bytes` is consumed.
 * @throws OstroError 'invalid-argument' for an unknown type; from `bytes` 'invalid-file' where a weight is no finite number, 'aborted'
 * @example
 * const file = await readGguf(bytesSource(await readFile('model-f16.gguf')))
 * await writeFile('model-q4_k.gguf', quantizeGguf(file, { type: 'q4_k' }).bytes())
 */
export function quantizeGguf(file: GgufFile, options: QuantizeGgufOptions): QuantizedGguf {
  const fileType = quantizeTypes[options.type]
  if (fileType === undefined) {
    const known = Object.keys(quantizeTypes).join(', ')
    throw new OstroError('invalid-argument', `quantizeGguf: a type of ${known} expected, got ${String(options.type)}.`)
  }
  const outputName = outputNameOf(file.tensors)
  const tensors = [...file.tensors.values()].map((tensor) => planTensor(tensor, options.type, outputName))
  const totalBytes = tensors.reduce((sum, { source }) => sum + source.sizeBytes, 0)
  let doneBytes = 0
  const advance = (bytes: number): void => {
    doneBytes += bytes
    options.onProgress?.(doneBytes, totalBytes)
  }
  return {
    tensors: tensors.map(({ plan }) => plan),
    bytes: () =>
      writeGguf({
        ...metadataOf(file, fileType),
        tensors: tensors.map(({ source, plan }) => ({
          name: plan.name,
          shape: plan.shape,
          type: plan.to,
          data: () => convertTensor(source, plan.to, options, advance),
        })),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }),
  }
}

function planTensor(source: GgufTensor, wanted: QuantizeType, outputName: string) {
  const { type: to, reason } = chooseType(source, wanted, outputName)
  const { blockBytes, blockLength } = blockTypeOf(to)
  const count = source.shape.reduce((product, size) => product * size, 1)
  const sizeBytes = (count / blockLength) * blockBytes
  const plan: QuantizedTensor = { name: source.name, shape: source.shape, from: source.type, to, reason, sizeBytes }
  return { source, plan }
}

function metadataOf(file: GgufFile, fileType: number) {
  const metadata = new Map<string, GgufValue>(file.metadata)
  const metadataTypes = new Map<string, GgufValueType>(file.metadataTypes)
  for (const [key, value] of [
    ['general.file_type', fileType],
    ['general.quantization_version', 2],
  ] as const) {
    metadata.set(key, value)
    metadataTypes.set(key, 'u32')
  }
  return { metadata, metadataTypes }
}

async function* convertTensor(
  source: GgufTensor,
  to: BlockTypeName,
  { convert = async (job) => convertBlocks(job), jobs = 1, signal }: QuantizeGgufOptions,
  advance: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { blockBytes, blockLength } = blockTypeOf(source.type)
  const stretchBytes = (stretchValues / blockLength) * blockBytes
  const start = async (offset: number) => {
    const bytes = new Uint8Array(Math.min(stretchBytes, source.sizeBytes - offset))
    await source.read(offset, bytes, signal)
    const length = bytes.length
    const converted = source.type === to ? bytes : await convert({ tensor: source.name, from: source.type, to, bytes })
    return { converted, length }
  }
  const running: ReturnType<typeof start>[] = []
  let offset = 0
  while (offset < source.sizeBytes || running.length > 0) {
    while (offset < source.sizeBytes && running.length < jobs) {
      const next = start(offset)
      // Awaited in order below; until then a failure must not count as unhandled.
      next.catch(() => undefined)
      running.push(next)
      offset += stretchBytes
    }
    const first = running.shift()
    if (first === undefined) break
    const { converted, length } = await first
    advance(length)
    yield converted
  }
}
