/** Quantised golden models against the logits of their f32 oracle: those of this repository, since the types follow from their widths. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { bytesSource, quantizeGguf, type QuantizeType, readGguf } from '../../src/formats/index.ts'
import { openModel } from '../../src/models/index.ts'
import { goldenF32, readGoldenTensors } from '../support/golden.ts'
import { mapPages, readJson, runTokens } from './support.ts'

/**
 * Tolerance: root mean square of the differences over that of the logits. These small random models make the rounding of their
 * weights six times larger: that of f16 is 0.015 % (0.09 % measured), of q8_0 0.5 % (3.1 %), of q5_0 3.5 % (20 %), of q4_0 7 % (36 %).
 * gemma3's rows of 32 and 64 are whole blocks of 32; llama's rows of 36 fall back to f16.
 */
// prettier-ignore
const cases: readonly { name: string; type: QuantizeType; types: readonly string[]; relativeRms: number }[] = [
  { name: 'gemma3', type: 'q8_0', types: ['f32', 'q8_0'], relativeRms: 0.04 },
  { name: 'gemma3', type: 'q4_0', types: ['f32', 'q4_0', 'q8_0'], relativeRms: 0.45 },
  { name: 'gemma3', type: 'q4_k', types: ['f32', 'q5_0', 'q8_0'], relativeRms: 0.25 },
  { name: 'llama', type: 'q8_0', types: ['f16', 'f32'], relativeRms: 0.0015 },
]

it.each(cases)('$name as $type', async ({ name, type, types, relativeRms }) => {
  const folder = fileURLToPath(new URL(`../golden/${name}`, import.meta.url))
  const { tokens } = readJson<{ readonly tokens: readonly number[] }>(join(folder, 'case.json'))
  const source = await readGguf(bytesSource(readFileSync(join(folder, 'model.gguf'))))
  const pieces: Uint8Array[] = []
  for await (const piece of quantizeGguf(source, { type }).bytes()) pieces.push(piece)
  const file = await readGguf(bytesSource(Buffer.concat(pieces)))
  expect([...new Set([...file.tensors.values()].map((tensor) => tensor.type))].sort()).toEqual(types)
  const model = await openModel({ format: 'gguf', metadata: file.metadata, tensors: file.tensors })
  await using device = createReferenceDevice()
  const program = await device.load(model.graph(), model.weights, {
    maxTokens: tokens.length,
    maxRows: tokens.length,
    cache: { pages: 2, sequences: 1, type: 'f32' },
  })
  mapPages(program, 0, tokens.length)
  const logits = runTokens(program, tokens, 0, tokens.length).get('logits')
  const expected = goldenF32(readGoldenTensors(join(folder, 'expected.safetensors')), 'logits')
  expect(relativeDifference(logits ?? [], expected)).toBeLessThan(relativeRms)
})

function relativeDifference(got: ArrayLike<number>, want: Float32Array): number {
  let error = 0
  let total = 0
  want.forEach((value, index) => {
    error += (got[index] - value) ** 2
    total += value ** 2
  })
  return Math.sqrt(error / total)
}
