import { describe, expect, test } from 'vitest'
import { bytesSource, metadataReader, readGguf, type GgufFile } from '../../src/formats/index.ts'
import { ggufBases, mutateGguf } from './gguf-base.ts'
import { seededRandom } from './random.ts'
import { hostileTrials } from './trial.ts'

const mutations = 100_000
const bases = ggufBases()

async function readAll(bytes: Uint8Array): Promise<void> {
  const file = await readGguf(bytesSource(bytes))
  await touchEverything(file)
  await file.close()
}

/** What a caller does with an accepted file must hold too: every tensor lies in the file, every value decodes. */
async function touchEverything(file: GgufFile): Promise<void> {
  const byte = new Uint8Array(1)
  for (const tensor of file.tensors.values()) await tensor.read(tensor.sizeBytes - 1, byte)
  const reader = metadataReader(file)
  for (const [key, type] of file.metadataTypes) {
    if (type === 'string') reader.getString(key)
    if (type === 'array<string>') reader.getStrings(key)
    if (type === 'array<i32>' || type === 'array<f32>') reader.getNumbers(key)
  }
}

describe('hostile GGUF', () => {
  test('the bases are sound', async () => {
    for (const base of bases) await readAll(base.bytes)
  })

  test(`${mutations} mutated files end in a typed error or are sound`, async () => {
    const random = seededRandom(20_260_701)
    const trials = hostileTrials()
    for (let index = 0; index < mutations; index++) {
      const base = random.pick(bases)
      const bytes = mutateGguf(base, random)
      await trials.run(bytes, `mutation ${index} of "${base.name}"`, () => readAll(bytes))
    }
    const refusals = [...trials.refused.values()].reduce((sum, count) => sum + count, 0)
    expect(trials.accepted + refusals).toBe(mutations)
    // Mutations that are all accepted, or all refused at the first byte, would prove nothing.
    expect(trials.accepted).toBeGreaterThan(mutations / 100)
    expect(trials.refused.get('invalid-file')).toBeGreaterThan(mutations / 2)
    expect(trials.refused.get('unsupported')).toBeGreaterThan(mutations / 100)
    expect([...trials.refused.keys()].sort()).toEqual(['invalid-file', 'not-found', 'unsupported'])
  })

  test('a file cut at any byte is refused', async () => {
    const trials = hostileTrials()
    for (const base of bases) {
      for (let length = 0; length < base.bytes.length; length++) {
        const bytes = base.bytes.subarray(0, length)
        const accepted = await trials.run(bytes, `"${base.name}" cut at ${length}`, () => readAll(bytes))
        // The last tensor's padding carries nothing.
        const needed = base.name === 'version 2' ? length < base.headerEnd : length < base.bytes.length - 64
        if (needed) expect(accepted, `"${base.name}" cut at ${length}`).toBe(false)
      }
    }
    expect([...trials.refused.keys()]).toEqual(['invalid-file'])
  })

  test('large files with greedy counts stay within the bounds', async () => {
    const trials = hostileTrials()
    const megabytes = 32 * 1024 * 1024
    for (const [label, type, count, fill] of [
      ['as many empty strings as fit', 8, (megabytes - 49) / 8, 0],
      ['strings of which the first is too long', 8, (megabytes - 49) / 8, 0xff],
      ['as many doubles as fit', 12, (megabytes - 49) / 8, 0],
      ['as many bytes as fit', 0, megabytes - 49, 0],
      ['booleans of which the first is wrong', 7, megabytes - 49, 2],
    ] as const) {
      const bytes = new Uint8Array(megabytes).fill(fill)
      const view = new DataView(bytes.buffer)
      bytes.set(new TextEncoder().encode('GGUF'))
      view.setUint32(4, 3, true)
      view.setBigUint64(8, 0n, true)
      view.setBigUint64(16, 1n, true)
      view.setBigUint64(24, 1n, true)
      bytes[32] = 0x61
      view.setUint32(33, 9, true)
      view.setUint32(37, type, true)
      view.setBigUint64(41, BigInt(Math.floor(count)), true)
      const accepted = await trials.run(bytes, label, async () => {
        await readGguf(bytesSource(bytes))
      })
      expect(accepted, label).toBe(fill === 0)
    }
    expect(trials.mostAllocatedBytes).toBeGreaterThan(megabytes)
  })
})
