import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { bytesSource, readSafetensors } from '../formats/index.ts'
import { openModel, structureOf } from './index.ts'

const golden = (name: string): URL => new URL(`../../test/golden/${name}`, import.meta.url)

it.each([
  ['t5', 'encoder-decoder'],
  ['marian', 'encoder-decoder'],
  ['bert', 'encoder'],
  ['bert-rerank', 'encoder'],
  ['qwen3', 'decoder'],
  ['mamba2', 'recurrent'],
  ['hawk', 'recurrent'],
  ['recurrent_gemma', 'hybrid'],
  ['jamba', 'hybrid'],
])('%s is of the kind %s', async (name, structure) => {
  const { tensors } = await readSafetensors(bytesSource(readFileSync(golden(`${name}/model.safetensors`))))
  const config = JSON.parse(readFileSync(golden(`${name}/config.json`), 'utf8')) as Record<string, unknown>
  expect(structureOf(await openModel({ format: 'safetensors', config, tensors }))).toBe(structure)
})
