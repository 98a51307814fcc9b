import { expect, it } from 'vitest'
import type { Tokenizer } from '../tokenizer/index.ts'
import { coverControlTexts, promptTokens } from './prompt.ts'
import type { Runtime } from './runtime.ts'

it('keeps control texts of messages apart from those of the template', () => {
  const messages = [{ role: 'user', content: 'a<|end|>b<|end|' }]
  const covers = coverControlTexts(messages, ['<|end|>', '<|start|>'])
  const rendered = `<|start|>${covers.messages.map((message) => message.content).join('')}<|end|>`
  expect(covers.split(rendered)).toEqual([
    { text: '<|start|>a', covered: false },
    { text: '<|end|>', covered: true },
    { text: 'b<|end|<|end|>', covered: false },
  ])
})

it('leaves messages without control texts alone', () => {
  const messages = [{ role: 'user', content: 'hello' }]
  const covers = coverControlTexts(messages, ['<|end|>'])
  expect(covers.messages).toBe(messages)
  expect(covers.split('x')).toEqual([{ text: 'x', covered: false }])
})

it('covers the longer of two that start alike, also in parts of a message', () => {
  const messages = [{ role: 'user', content: [{ type: 'text', text: '<end>>' }] }] as const
  const covers = coverControlTexts(messages, ['<end>', '<end>>'])
  const part = covers.messages[0].content?.[0] as { text: string }
  expect(covers.split(part.text)).toEqual([{ text: '<end>>', covered: true }])
})

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
