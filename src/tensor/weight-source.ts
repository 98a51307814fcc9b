/** Weights that come from memory, or from another weight by a change of each value. */
import { blockTypeOf } from '../quant/index.ts'
import { OstroError } from '../util/error.ts'
import type { WeightSource } from './device.ts'
import { countElements } from './shape.ts'

/** All values of a weight as f32. @throws OstroError `invalid-file` when its bytes do not make up its shape. */
export async function readValues(source: WeightSource): Promise<Float32Array> {
  const type = blockTypeOf(source.type)
  const count = countElements(source.shape)
  if (count % type.blockLength !== 0 || (count / type.blockLength) * type.blockBytes !== source.sizeBytes) {
    const message = `tensor '${source.name}': expected ${count} ${source.type} values, got ${source.sizeBytes} bytes.`
    throw new OstroError('invalid-file', message, { tensor: source.name })
  }
  const bytes = new Uint8Array(source.sizeBytes)
  await source.read(0, bytes)
  const values = new Float32Array(count)
  type.decode(bytes, values)
  return values
}

/** An f32 weight whose values are at hand. */
export function constantSource(
  name: string,
  values: Float32Array,
  shape: readonly number[] = [values.length],
): WeightSource {
  return derivedSource(name, shape, async () => values)
}

/** The same values in the same order under another shape. @throws OstroError `invalid-file` when the counts differ. */
export function reshapedSource(source: WeightSource, shape: readonly number[]): WeightSource {
  if (countElements(source.shape) === countElements(shape)) return { ...source, shape }
  const message = `tensor '${source.name}': expected shape [${shape.join(', ')}], got [${source.shape.join(', ')}].`
  throw new OstroError('invalid-file', message, { tensor: source.name, expected: shape, got: source.shape })
}

/**
 * Tensors of one shape and type as one with a dimension more, read piece by piece: no copy is made.
 *
 * @throws OstroError `invalid-file` when they differ
 */
export function stackedSource(name: string, parts: readonly WeightSource[]): WeightSource {
  const [{ shape, type, sizeBytes }] = parts
  const odd = parts.find((part) => part.type !== type || part.shape.join() !== shape.join())
  if (odd !== undefined) {
    const expected = `${type} [${shape.join(', ')}] as '${parts[0].name}'`
    const message = `tensor '${odd.name}': expected ${expected}, got ${odd.type} [${odd.shape.join(', ')}].`
    throw new OstroError('invalid-file', message, { tensor: odd.name })
  }
  return {
    name,
    shape: [parts.length, ...shape],
    type,
    sizeBytes: parts.length * sizeBytes,
    async read(offset, into) {
      for (let done = 0; done < into.length;) {
        const [part, start] = [Math.floor((offset + done) / sizeBytes), (offset + done) % sizeBytes]
        const length = Math.min(sizeBytes - start, into.length - done)
        await parts[part].read(start, into.subarray(done, done + length))
        done += length
      }
    },
  }
}

/** Ranges of the rows of a matrix [N, K] or of the values of a vector [N], one after the other, read piece by piece: no copy is made. */
export function rowRangesSource(
  name: string,
  source: WeightSource,
  ranges: readonly (readonly [first: number, count: number])[],
): WeightSource {
  const [rows, ...rest] = source.shape
  const rowBytes = source.sizeBytes / rows
  const count = ranges.reduce((sum, [, length]) => sum + length, 0)
  if (!Number.isInteger(rowBytes) || ranges.some(([first, length]) => first + length > rows)) {
    const message = `tensor '${source.name}': expected whole rows, and more than [${source.shape.join(', ')}].`
    throw new OstroError('invalid-file', message, { tensor: source.name })
  }
  return {
    name,
    shape: [count, ...rest],
    type: source.type,
    sizeBytes: count * rowBytes,
    async read(offset, into) {
      let start = 0
      for (const [first, length] of ranges) {
        const [from, to] = [Math.max(offset, start), Math.min(offset + into.length, start + length * rowBytes)]
        if (from < to) await source.read(first * rowBytes + from - start, into.subarray(from - offset, to - offset))
        start += length * rowBytes
      }
    },
  }
}

/** Matrices [E, N, K] as f32 [E, K, N], read one at a time. */
export function transposedSource(source: WeightSource): WeightSource {
  const [E, N, K] = source.shape
  const bytesOfOne = source.sizeBytes / E
  const one = (index: number): WeightSource => {
    const part: WeightSource = {
      name: `${source.name}[${index}]`,
      shape: [N, K],
      type: source.type,
      sizeBytes: bytesOfOne,
      read: (offset, into) => source.read(index * bytesOfOne + offset, into),
    }
    return derivedSource(part.name, [K, N], async () => {
      const values = await readValues(part)
      return Float32Array.from(values, (_, i) => values[(i % N) * K + Math.floor(i / N)])
    })
  }
  return stackedSource(
    source.name,
    Array.from({ length: E }, (_, index) => one(index)),
  )
}

/** `source` as f32 with `change` applied to each value, read when first asked for. */
export function mappedSource(source: WeightSource, change: (value: number) => number): WeightSource {
  let values: Promise<Float32Array> | undefined
  return derivedSource(
    source.name,
    source.shape,
    () => (values ??= readValues(source).then((read) => read.map(change))),
  )
}

/** An f32 weight whose values are worked out when they are read. */
export function derivedSource(
  name: string,
  shape: readonly number[],
  values: () => Promise<Float32Array>,
): WeightSource {
  return {
    name,
    shape,
    type: 'f32',
    sizeBytes: 4 * countElements(shape),
    async read(offset, into) {
      const { buffer, byteOffset } = await values()
      into.set(new Uint8Array(buffer, byteOffset + offset, into.length))
    },
  }
}
