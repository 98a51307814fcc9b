import { describe, expect, it } from 'vitest'
import { prepareInstruction } from './instruction.ts'

const instruction = { task: 'Say the opposite.', input: 'hot', examples: [{ input: 'big', output: 'small' }] }
const can = (chat: boolean) => ({ can: { chat, score: true, format: true } })

describe('prepareInstruction', () => {
  it('tells chat models in messages, with examples as turns', () => {
    expect(prepareInstruction(can(true), instruction)).toEqual({
      prompt: [
        { role: 'system', content: 'Say the opposite.' },
        { role: 'user', content: 'big' },
        { role: 'assistant', content: 'small' },
        { role: 'user', content: 'hot' },
      ],
      stop: [],
    })
  })

  it('shows base models worked examples, and stops where the next one would begin', () => {
    const { prompt, stop } = prepareInstruction(can(false), {
      ...instruction,
      inputName: 'Word',
      outputName: 'Opposite',
    })
    expect(prompt).toBe('Say the opposite.\n\nWord: big\nOpposite: small\n\nWord: hot\nOpposite:')
    expect(stop).toContain('\nWord:')
  })

  it('needs no input', () => {
    expect(prepareInstruction(can(true), { task: 'Write a haiku.' }).prompt).toEqual([
      { role: 'user', content: 'Write a haiku.' },
    ])
    expect(prepareInstruction(can(false), { task: 'Write a haiku.' }).prompt).toBe('Write a haiku.\n\nOutput:')
  })
})
