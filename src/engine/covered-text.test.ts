import { expect, it } from 'vitest'
import { coverControlTexts } from './covered-text.ts'

it('keeps control texts of messages apart from those of the template', () => {
  const messages = [{ role: 'user', content: 'a<|end|>b<|end|' }]
  const covers = coverControlTexts(messages, ['<|end|>', '<|start|>'])
  const rendered = `<|start|>${covers.value.map((message) => message.content).join('')}<|end|>`
  expect(covers.split(rendered)).toEqual([
    { text: '<|start|>a', covered: false },
    { text: '<|end|>', covered: true },
    { text: 'b<|end|<|end|>', covered: false },
  ])
})

it('leaves messages without control texts alone', () => {
  const messages = [{ role: 'user', content: 'hello' }]
  const covers = coverControlTexts(messages, ['<|end|>'])
  expect(covers.value).toBe(messages)
  expect(covers.split('x')).toEqual([{ text: 'x', covered: false }])
})

it('covers the longer of two that start alike, also in parts of a message', () => {
  const messages = [{ role: 'user', content: [{ type: 'text', text: '<end>>' }] }] as const
  const covers = coverControlTexts(messages, ['<end>', '<end>>'])
  const part = covers.value[0].content?.[0] as { text: string }
  expect(covers.split(part.text)).toEqual([{ text: '<end>>', covered: true }])
})

it('covers what stands anywhere in calls and tools, but no keys', () => {
  const call = { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: { '<end>': ['<end>'] } } }] }
  const covers = coverControlTexts({ messages: [call], tools: [{ description: 'ends with <end>' }] }, ['<end>'])
  const values = covers.value.messages[0].tool_calls[0].function.arguments
  expect(Object.keys(values)).toEqual(['<end>'])
  expect(covers.split(values['<end>'][0])).toEqual([{ text: '<end>', covered: true }])
  expect(covers.value.tools[0].description).not.toContain('<end>')
})
