import { describe, expect, it } from 'vitest'
import { openModel } from './index.ts'
import { hawk } from './hawk.ts'
import { recurrentGemma } from './recurrent-gemma.ts'
import type { RecurrentGemmaConfig } from './recurrent-gemma.ts'

const config = {
  model_type: 'recurrent_gemma',
  hidden_size: 16,
  lru_width: 24,
  num_attention_heads: 4,
  num_key_value_heads: 1,
  num_hidden_layers: 5,
  intermediate_size: 96,
  attention_window_size: 7,
}

const open = (changes: Readonly<Record<string, unknown>> = {}) =>
  openModel({ format: 'safetensors', config: { ...config, ...changes }, tensors: new Map() })

describe('RecurrentGemma', () => {
  it('repeats its pattern, rotates half of a head, counts one side of the feed-forward block, sees one key more', async () => {
    const model = await open()
    expect(model.architecture).toBe(recurrentGemma)
    expect((model.config as RecurrentGemmaConfig).blocks).toEqual([
      'recurrent', 'recurrent', 'attention', 'recurrent', 'recurrent',
    ]) // prettier-ignore
    expect(model.config).toMatchObject({
      feedForward: 48,
      headDim: 4,
      rope: { dims: 2 },
      keysVisible: 8,
      gateBlocks: 4,
    })
    expect(model.config.contextLength).toBe(8192)
  })

  it('sees as many keys as config.json says by itself', async () => {
    expect((await open({ keys_visible: 7 })).config).toMatchObject({ keysVisible: 7 })
  })

  it.each([
    [['recurrent'], hawk],
    [['recurrent', 'attention'], recurrentGemma],
  ])('with blocks %s it is another architecture or not', async (blocks, architecture) => {
    expect((await open({ block_types: blocks })).architecture).toBe(architecture)
  })

  it('is Hawk by name without a pattern', async () => {
    const model = await open({ model_type: 'hawk' })
    expect(model.architecture).toBe(hawk)
    expect(model.config).not.toHaveProperty('keysVisible')
  })

  it('bends no logits where the cap is 0', async () => {
    expect((await open({ logits_soft_cap: 0 })).config).toMatchObject({ finalSoftcap: undefined })
    expect((await open({ logits_soft_cap: 30 })).config).toMatchObject({ finalSoftcap: 30 })
  })

  it.each([
    ['lru_width', 25],
    ['block_types', ['recurrent', 'convolution']],
    ['block_types', []],
    ['conv1d_width', 1],
    ['intermediate_size', 95],
    ['num_hidden_layers', 5000],
    ['attention_window_size', -1],
  ])('refuses %s = %s by name', async (key, value) => {
    await expect(open({ [key]: value })).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringContaining(key),
    })
  })
})
