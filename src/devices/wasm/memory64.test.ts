/** The 64-bit memory, forced on a small model: the same bits as the 32-bit one, on one thread and on several. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { bytesSource, quantizeGguf, type QuantizeType, readGguf } from '../../formats/index.ts'
import { openModel } from '../../models/index.ts'
import { createWasmDevice, type WasmDeviceOptions } from './device.ts'
import { startHelperThread } from './helper-thread.node.ts'
import { v8Compiler } from './v8-compiler.node.ts'

const tokens = Int32Array.from({ length: 70 }, (_, index) => (index * 37) % 250)

async function bytesOf(name: string, type: QuantizeType | undefined): Promise<Uint8Array> {
  const bytes = readFileSync(fileURLToPath(new URL(`../../../test/golden/${name}/model.gguf`, import.meta.url)))
  if (type === undefined) return bytes
  const pieces: Uint8Array[] = []
  for await (const piece of quantizeGguf(await readGguf(bytesSource(bytes)), { type }).bytes()) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function logitsOf(bytes: Uint8Array, options: WasmDeviceOptions): Promise<number[]> {
  const file = await readGguf(bytesSource(bytes))
  const model = await openModel({ format: 'gguf', metadata: file.metadata, tensors: file.tensors })
  await using device = createWasmDevice({ ...options, startHelperThread })
  const program = await device.load(model.graph(), model.weights, {
    maxTokens: tokens.length,
    maxRows: 2,
    cache: { pages: 3, sequences: 1, type: 'f32' },
  })
  program.caches.groups.forEach((_, group) => {
    for (let page = 0; page < 2; page++) program.caches.setPage(group, 0, page, page)
  })
  const all: number[] = []
  // A prompt in one run, then token by token: matmuls, attention and barriers of both kinds.
  for (const [start, end] of [
    [0, 66],
    [66, 67],
    [67, 68],
    [68, 70],
  ] as const) {
    const count = end - start
    const outputs = program.run({
      tokens: tokens.subarray(start, end),
      positions: Int32Array.from({ length: count }, (_, index) => start + index),
      sequences: new Int32Array(count),
      rows: Int32Array.of(count - 1),
    })
    all.push(...(outputs.get('logits') ?? []))
  }
  return all
}

it.each<[string, QuantizeType | undefined, number]>([
  ['llama', undefined, 1],
  ['llama', undefined, 2],
  ['mixtral', 'q8_0', 2],
  ['gemma3', 'bf16', 1],
  ['gemma3', 'q8_0', 2],
  ['gemma3', 'q4_0', 2],
  ['gemma3', 'q5_1', 1],
])('%s, %s, on %i threads', async (name, type, threads) => {
  const bytes = await bytesOf(name, type)
  // As the engine does: with the compiler of V8's own options, where it is there.
  const compilers = [v8Compiler()].filter((compiler) => compiler !== undefined)
  const narrow = await logitsOf(bytes, { threads, compilers })
  expect(narrow.length).toBeGreaterThan(1000)
  expect(narrow.every(Number.isFinite)).toBe(true)
  expect(await logitsOf(bytes, { threads, compilers, memory64: true })).toEqual(narrow)
})
