/** Prefix reuse of a recurrent model, whose state cannot take tokens back: on the device's side, and as users see it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateMamba } from '../../test/support/generate-mamba.ts'
import type { ChatMessage } from '../chat/index.ts'
import { createWasmDevice } from '../devices/wasm/index.ts'
import { openGguf } from '../formats/gguf/open-gguf.node.ts'
import { openModel } from '../models/index.ts'
import { load } from './load.ts'
import type { Model } from './model.ts'
import { createSequences, type Sequence, type SequencesOptions } from './sequences.ts'

const shape = { layers: 2, width: 32, stateSize: 8, convKernel: 4, vocabulary: 320 }
const template =
  '{% for m in messages %}{{ m.role + ":" + m.content + "|" }}{% endfor %}{% if add_generation_prompt %}{{ "assistant:" }}{% endif %}'

const options: SequencesOptions = {
  contextTokens: 1024,
  chunkTokens: 64,
  maxRows: 1,
  vocabularySize: shape.vocabulary,
  slots: 4,
  mostWaiting: 1,
}
const never = new AbortController().signal

let folder: string
let path: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostro-recurrent-'))
  path = join(folder, 'mamba.gguf')
  await generateMamba(path, { shape, type: 'f32', chatTemplate: template })
})

afterAll(() => rm(folder, { recursive: true }))

const numbers = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => (from + index * 7) % 256)

async function openSequences() {
  const file = await openGguf(path)
  const model = await openModel({ format: 'gguf', metadata: file.metadata, tensors: file.tensors })
  const device = createWasmDevice()
  const program = await device.load(model.graph(), model.weights, {
    maxTokens: options.chunkTokens,
    maxRows: options.maxRows,
    cache: { pages: 20, sequences: options.slots, checkpoints: 32, type: 'f32' },
  })
  const sequences = createSequences(program, options)
  return {
    /** The logits after the prompt, how many tokens were not read for them, and the sequence, which the caller releases. */
    async read(prompt: readonly number[]) {
      const sequence = await sequences.acquire({ prompt, lengthTokens: prompt.length }, never)
      const differs = sequence.tokens.findIndex((token, at) => token !== prompt[at])
      const shared = differs < 0 ? sequence.tokens.length : differs
      const cached = sequence.truncate(Math.min(shared, prompt.length - 1))
      return { sequence, cached, logits: await run(sequence, prompt.slice(cached)) }
    },
    async [Symbol.asyncDispose]() {
      await device[Symbol.asyncDispose]()
      await file.close()
    },
  }
}

async function run(sequence: Sequence, tokens: readonly number[]): Promise<Float32Array> {
  let logits: Float32Array | undefined
  for (let at = 0; at < tokens.length;) {
    const result = await sequence.run(tokens.slice(at))
    at += result.readTokens
    logits = result.logits?.slice()
  }
  if (logits === undefined) throw new Error('nothing was run')
  return logits
}

/** What a device gives that has read nothing else. */
async function readFresh(prompt: readonly number[]): Promise<Float32Array> {
  await using fresh = await openSequences()
  return (await fresh.read(prompt)).logits
}

async function answer(model: Model, messages: readonly ChatMessage[]) {
  let text = ''
  for await (const event of model.chat(messages, { maxTokens: 8, temperature: 0 })) {
    if (event.type === 'text-delta') text += event.text
    if (event.type === 'end') return { text, usage: event.usage }
  }
  throw new Error('no end event')
}

describe('a recurrent model', () => {
  it('forks from a sequence at work, and gives bit by bit what a fresh reading gives', async () => {
    await using sequences = await openSequences()
    const shared = numbers(200)
    const first = await sequences.read(shared)
    const branches = await Promise.all([11, 12].map((token) => sequences.read([...shared, token, 13, 14])))
    expect(branches.map(({ cached }) => cached)).toEqual([200, 200])
    expect(branches[0]?.logits).toEqual(await readFresh([...shared, 11, 13, 14]))
    expect(branches[1]?.logits).toEqual(await readFresh([...shared, 12, 13, 14]))
    expect(await run(first.sequence, [15])).toEqual(await readFresh([...shared, 15]))
  })

  it('goes back to a saved state, near the end of a prompt and far from it', async () => {
    await using sequences = await openSequences()
    const prompt = numbers(300)
    const first = await sequences.read(prompt)
    await run(first.sequence, [1])
    await run(first.sequence, [2])
    first.sequence.release()
    for (const [kept, least] of [
      [300, 299],
      [280, 268],
      [150, 128],
      [100, 64],
    ] as const) {
      const other = [...prompt.slice(0, kept), 255, 254]
      const { sequence, cached, logits } = await sequences.read(other)
      expect(cached).toBeGreaterThanOrEqual(least)
      expect(logits).toEqual(await readFresh(other))
      sequence.release()
    }
  })

  it('answers the second turn of a long conversation without reading the first one again', async () => {
    await using model = await load(path, { threads: 1 })
    const question = { role: 'user', content: 'a long story '.repeat(160) } as const
    const first = await answer(model, [question])
    expect(first.usage.cachedTokens).toBe(0)
    expect(first.usage.promptTokens).toBeGreaterThan(2000)
    const turns: ChatMessage[] = [
      question,
      { role: 'assistant', content: first.text },
      { role: 'user', content: 'and then?' },
    ]
    const second = await answer(model, turns)
    expect(second.usage.cachedTokens).toBeGreaterThanOrEqual(0.95 * first.usage.promptTokens)
    await using fresh = await load(path, { threads: 1 })
    const again = await answer(fresh, turns)
    expect(again.usage.cachedTokens).toBe(0)
    expect(second.text).toBe(again.text)
  })
})
