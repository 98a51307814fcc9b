/** Checkpoints of encoder-decoders under other names and in other formats than the golden set has. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { bytesSource, readSafetensors } from '../formats/index.ts'
import type { WeightSource } from '../tensor/index.ts'
import { openModel } from './index.ts'

const golden = (name: string): URL => new URL(`../../test/golden/${name}`, import.meta.url)

async function readCase(name: string) {
  const { tensors } = await readSafetensors(bytesSource(readFileSync(golden(`${name}/model.safetensors`))))
  const config = JSON.parse(readFileSync(golden(`${name}/config.json`), 'utf8')) as Record<string, unknown>
  return { tensors, config }
}

it.each([
  ['m2m100', 'model.shared.weight', ['lm_head.weight']],
  ['m2m100', 'model.shared.weight', ['model.shared.weight', 'model.encoder.embed_tokens.weight']],
  ['marian', 'model.shared.weight', ['model.decoder.embed_tokens.weight', 'lm_head.weight']],
  ['t5', 'shared.weight', ['decoder.embed_tokens.weight', 'encoder.embed_tokens.weight']],
])('%s: one table of embeddings, kept as %s or as %j', async (name, shared, copies) => {
  const { tensors, config } = await readCase(name)
  const renamed = new Map<string, WeightSource>(tensors)
  const table = tensors.get(shared) as WeightSource
  renamed.delete(shared)
  for (const copy of copies) renamed.set(copy, { ...table, name: copy })
  const [plain, other] = await Promise.all(
    [tensors, renamed].map((sources) => openModel({ format: 'safetensors', config, tensors: sources })),
  )
  expect([...other.weights.keys()].toSorted()).toEqual([...plain.weights.keys()].toSorted())
  expect(weightNames(other.graph())).toEqual(weightNames(plain.graph()))
})

it('T5 from GGUF writes the same graphs', async () => {
  const { tensors, config } = await readCase('t5')
  const hf = await openModel({ format: 'safetensors', config, tensors })
  const { encoder, width } = hf.config as unknown as { encoder: Record<string, number>; width: number }
  const metadata = new Map<string, unknown>([
    ['general.architecture', 't5'],
    ['t5.block_count', encoder['layers']],
    ['t5.decoder_block_count', hf.config.layers],
    ['t5.embedding_length', width],
    ['t5.feed_forward_length', encoder['feedForward']],
    ['t5.attention.head_count', encoder['heads']],
    ['t5.attention.key_length', encoder['headDim']],
    ['t5.attention.relative_buckets_count', config['relative_attention_num_buckets']],
    ['t5.attention.layer_norm_rms_epsilon', config['layer_norm_epsilon']],
    ['t5.context_length', 512],
  ])
  const gguf = await openModel({ format: 'gguf', metadata, tensors: hf.weights })
  expect(gguf.graph().nodes.map(({ op }) => op.name)).toEqual(hf.graph().nodes.map(({ op }) => op.name))
  expect(weightNames(gguf.encoderGraph?.())).toEqual(weightNames(hf.encoderGraph?.()))
  expect(gguf.config).toMatchObject({ encoder, decoder: encoder, width, normEpsilon: config['layer_norm_epsilon'] })
})

function weightNames(graph: { readonly tensors: readonly { kind: string; name: string }[] } | undefined): string[] {
  return (graph?.tensors ?? []).filter(({ kind }) => kind === 'weight').map(({ name }) => name)
}
