/** The option `tap`, through the worker. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldenRoot } from '../../test/support/golden.ts'
import { writeTinyChatModel } from '../../test/support/tiny-chat-model.ts'
import type { ChatEvent, TapEvent } from '../tools/chat-model.ts'
import { load } from './load.ts'
import type { Model } from './model.ts'

let folder: string
let model: Model

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostro-taps-'))
  const path = join(folder, 'chat.gguf')
  await writeTinyChatModel(path)
  model = await load(path, { threads: 2, chunk: 8, kv: 'f32' })
})

afterAll(async () => {
  await model.dispose()
  await rm(folder, { recursive: true })
})

const messages = [{ role: 'user', content: 'Hello there, how are you?' }] as const
const greedy = { temperature: 0, maxTokens: 6 }

describe('tap', () => {
  it('tells the weights of an attention for every token that is read or written, and changes no text', async () => {
    const alone = await gather(model.chat(messages, { ...greedy, cacheKey: 'alone' }))
    const { taps, text, end } = await gather(
      model.chat(messages, { ...greedy, tap: ['blk.1.attention'], cacheKey: 'tap' }),
    )
    expect(text).toBe(alone.text)
    expect(alone.taps).toEqual([])
    // The last token is drawn but never read.
    let position = 0
    for (const tap of taps) {
      const [heads, tokens, positions] = tap.shape
      expect(tap).toMatchObject({ type: 'tap', step: 'blk.1.attention', position })
      expect([tokens <= 8, positions, tap.data.length]).toEqual([true, position + tokens, heads * tokens * positions])
      for (let row = 0; row < heads * tokens; row++) {
        const shares = tap.data.subarray(row * positions, (row + 1) * positions)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5)
      }
      position += tokens
    }
    expect(position).toBe(end.usage.promptTokens + end.usage.generatedTokens - 1)
  })

  it('is told apart from others in the same round', async () => {
    const asked = ['a', 'bcd', 'efghij'].map((word) => [{ role: 'user', content: word.repeat(4) }] as const)
    const watch = (key: string) =>
      asked.map((own, index) =>
        gather(model.chat(own, { ...greedy, tap: ['blk.0.attn_norm'], cacheKey: `${key}${index}` })),
      )
    const together = await Promise.all(watch('together'))
    for (const [index, run] of together.entries()) {
      const alone = await gather(
        model.chat(asked[index], { ...greedy, tap: ['blk.0.attn_norm'], cacheKey: `alone${index}` }),
      )
      expect(joined(run.taps)).toEqual(joined(alone.taps))
    }
  })

  it('shows only what is read: a prompt that is still held is not seen again', async () => {
    const options = { ...greedy, tap: ['blk.*.attn_norm'], cacheKey: 'held' }
    const first = await gather(model.chat(messages, options))
    const second = await gather(model.chat(messages, options))
    expect(second.end.usage.cachedTokens).toBe(first.end.usage.promptTokens - 1)
    expect(Math.min(...second.taps.map(({ position }) => position))).toBe(second.end.usage.cachedTokens)
    expect(new Set(first.taps.map(({ step }) => step)).size).toBe(model.info.layers)
  })

  it('comes with a completion as a value', async () => {
    const { taps } = await model.complete('abc', { ...greedy, maxTokens: 2, tap: ['logits'] })
    expect(taps?.map(({ shape }) => shape)).toEqual([
      [1, model.info.vocabularySize],
      [1, model.info.vocabularySize],
    ])
  })

  it('sees states and routers where there are any', async () => {
    await using mamba = await load(join(goldenRoot, 'mamba', 'model.gguf'), { threads: 1 })
    const { taps = [] } = await mamba.complete([1, 2, 3, 4], { maxTokens: 2, ignoreEnd: true, tap: ['*.norm'] })
    expect(taps.length).toBeGreaterThan(mamba.info.layers)
    for (const { shape, data } of taps) expect([shape, data[0] > 0]).toEqual([[1], true])
    await using mixtral = await load(join(goldenRoot, 'mixtral', 'model.gguf'), { threads: 1 })
    const routed = await mixtral.complete([1, 2, 3, 4], { maxTokens: 1, ignoreEnd: true, tap: ['router.*.experts'] })
    expect(routed.taps?.map(({ step, shape }) => [step, shape])).toEqual(
      Array.from({ length: mixtral.info.layers }, (_, layer) => [`router.${layer}.experts`, [4, 2]]),
    )
  })

  it.each([[['blk.99.attention']], [['']], [[]], [Array.from({ length: 65 }, () => 'x')]])(
    'refuses %j',
    async (tap) => {
      await expect(gather(model.chat(messages, { tap }))).rejects.toMatchObject({ code: 'invalid-argument' })
    },
  )

  it('lists what there is', async () => {
    const names = await model.tapPoints()
    expect(names).toEqual(expect.arrayContaining(['token_embd', 'blk.0.attn_norm', 'blk.0.attention', 'logits']))
  })
})

async function gather(events: AsyncIterable<ChatEvent>) {
  const taps: TapEvent[] = []
  let text = ''
  for await (const event of events) {
    if (event.type === 'tap') taps.push(event)
    if (event.type === 'text-delta') text += event.text
    if (event.type === 'end') return { taps, text, end: event }
  }
  throw new Error('no end event')
}

/** All values in the order of positions: how runs are cut depends on company. */
function joined(taps: readonly TapEvent[]): number[] {
  return taps.flatMap(({ data }) => [...data])
}
