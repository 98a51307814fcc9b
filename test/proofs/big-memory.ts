/**
 * A model of more than 4 GiB runs in a 64-bit memory. Its vocabulary is so large that embedding, arena and caches lie beyond 4 GiB;
 * chosen rows of it make a small model, whose logits in a 32-bit memory must be the same bits and on the reference device nearly so.
 */
import { statSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { startHelperThread } from '../../src/devices/wasm/helper-thread.node.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { v8Compiler } from '../../src/devices/wasm/v8-compiler.node.ts'
import { openGguf } from '../../src/formats/gguf/open-gguf.node.ts'
import type { GgufFile } from '../../src/formats/index.ts'
import { openModel } from '../../src/models/index.ts'
import type { Device, WeightSource } from '../../src/tensor/index.ts'
import { generateModel } from '../support/generate-model.ts'
import { temporaryFolder } from '../support/temporary.ts'

const width = 8192
const vocabulary = 560_000
const embedding = 'token_embd.weight'
const threads = Math.min(4, availableParallelism())
/** Rows of the first and last panels, both sides of 4 GiB, and others between. */
const rows = chooseRows()
/** Indices into `rows`; embeddings from both ends of the table. */
const prompt = [0, 63, 17, 40, 62, 1, 33, 50, 61]

export async function bigMemory(): Promise<boolean> {
  if (totalmem() < 10 * 2 ** 30) {
    console.log('SKIPPED: 10 GiB of memory are needed for this proof.')
    return true
  }
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'big.gguf')
  const change = { layers: 2, width, vocabulary, feedForward: 1024, heads: 8, keyValueHeads: 2, headWidth: 64 }
  await generateModel(path, { shape: 'llama-1b', type: 'q8_0', change })
  console.log(`random llama of 2 layers, ${vocabulary} tokens, q8_0: ${gibibytes(statSync(path).size)} GiB`)
  const file = await openGguf(path)
  try {
    const compilers = [v8Compiler()].filter((compiler) => compiler !== undefined)
    const wasm = () => createWasmDevice({ threads, startHelperThread, compilers })
    const big = await logitsOf(wasm(), file, file.tensors, rows)
    const few = fewRows(file)
    const indices = rows.map((_, index) => index)
    const narrow = await logitsOf(wasm(), file, few, indices)
    const reference = await logitsOf(createReferenceDevice(), file, few, indices)
    const different = big.filter((value, index) => !Object.is(value, narrow[index])).length
    const error = relativeDifference(big, reference)
    console.log(`${big.length} logits against the 32-bit memory: ${different} different bits`)
    console.log(`against the reference device: ${(error * 100).toFixed(3)} % (root mean square, 2 % allowed)`)
    return big.length > 0 && big.every(Number.isFinite) && different === 0 && error < 0.02
  } finally {
    await file.close()
  }
}

/** Logits of `ids` after each token of the prompt: all but two tokens in one run, then one by one. */
async function logitsOf(
  device: Device,
  file: GgufFile,
  tensors: ReadonlyMap<string, WeightSource>,
  ids: readonly number[],
): Promise<number[]> {
  await using hardware = device
  const model = await openModel({ format: 'gguf', metadata: file.metadata, tensors })
  const program = await hardware.load(model.graph(), model.weights, {
    maxTokens: prompt.length,
    maxRows: 2,
    cache: { pages: 2, sequences: 1, type: 'f32' },
  })
  const { weights, arena, cache } = program.bytes
  console.log(`${device.name}: ${gibibytes(weights + arena + cache)} GiB`)
  program.caches.groups.forEach((_, group) => program.caches.setPage(group, 0, 0, 1))
  const size = tensors.get(embedding)?.shape[0] ?? 0
  const all: number[] = []
  const ends = [prompt.length - 2, prompt.length - 1, prompt.length]
  for (const [index, end] of ends.entries()) {
    const start = index === 0 ? 0 : ends[index - 1]
    const count = end - start
    const logits = program
      .run({
        tokens: Int32Array.from(prompt.slice(start, end), (row) => ids[row]),
        positions: Int32Array.from({ length: count }, (_, step) => start + step),
        sequences: new Int32Array(count),
        rows: count > 1 ? Int32Array.of(0, count - 1) : Int32Array.of(0),
      })
      .get('logits')
    if (logits === undefined) throw new Error('no logits')
    for (let from = 0; from < logits.length; from += size) for (const id of ids) all.push(logits[from + id])
  }
  return all
}

/** The same tensors, but of the embedding only the chosen rows. */
function fewRows(file: GgufFile): Map<string, WeightSource> {
  const source = file.tensors.get(embedding)
  if (source === undefined) throw new Error(`no tensor ${embedding}`)
  const rowBytes = source.sizeBytes / vocabulary
  const gathered: WeightSource = {
    name: embedding,
    shape: [rows.length, width],
    type: source.type,
    sizeBytes: rows.length * rowBytes,
    async read(offset, into) {
      for (let done = 0; done < into.length;) {
        const row = Math.floor((offset + done) / rowBytes)
        const at = (offset + done) % rowBytes
        const length = Math.min(rowBytes - at, into.length - done)
        await source.read(rows[row] * rowBytes + at, into.subarray(done, done + length))
        done += length
      }
    },
  }
  return new Map<string, WeightSource>([...file.tensors, [embedding, gathered]])
}

function chooseRows(): number[] {
  const rowBytes = (width / 32) * 34
  // The layers come before the embedding; within some panels of here the addresses pass 2^31 and 2^32.
  const crossings = [2 ** 31, 2 ** 32].map((address) => Math.floor(address / rowBytes))
  const near = crossings.flatMap((row) => Array.from({ length: 12 }, (_, index) => row - 6000 + index * 1000))
  const first = Array.from({ length: 16 }, (_, index) => index)
  const last = Array.from({ length: 24 }, (_, index) => vocabulary - 24 + index)
  return [...first, ...near, ...last]
}

function relativeDifference(got: readonly number[], want: readonly number[]): number {
  const squares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value ** 2, 0)
  return Math.sqrt(squares(want.map((value, index) => got[index] - value)) / squares(want))
}

const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(2)
