import { expect, it } from 'vitest'
import type { Tokenizer } from '../tokenizer/index.ts'
import { promptTokens } from './prompt.ts'
import type { Runtime } from './runtime.ts'

it('frames a text to be filled in by its three tokens, behind BOS where the model has one', () => {
  const tokenizer: Partial<Tokenizer> = {
    addsBos: true,
    bos: 1,
    infill: { prefix: 100, suffix: 101, middle: 102 },
    encode: (text, options) => [...(options?.addSpecial === false ? [] : [1]), ...Buffer.from(text)],
  }
  const runtime = { tokenizer: () => tokenizer, info: { name: 'x' } } as unknown as Runtime
  const prompt = { kind: 'infill', before: 'a', after: 'b' } as const
  expect(promptTokens(runtime, prompt)).toEqual([1, 100, 97, 101, 98, 102])
})
