import { expect, it } from 'vitest'
import { tellFormat } from './format-prompt.ts'

const user = { role: 'user', content: 'Hello' } as const

it('tells the form in the system turn, behind what is there', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } } as const
  const [system, ...rest] = tellFormat([user], { type: 'json-schema', schema })
  expect([system.role, rest]).toEqual(['system', [user]])
  expect(system.content).toContain('{"type": "object", "properties": {"a": {"type": "string"}}}')
  const own = { role: 'developer', content: 'Be brief. ' } as const
  const [first, second] = tellFormat([own, user], { type: 'choice', choices: ['yes', 'no'] })
  expect(first).toEqual({
    role: 'developer',
    content: 'Be brief.\n\nAnswer with one of these and nothing else: yes, no',
  })
  expect(second).toBe(user)
})

it('leaves the conversation alone where there is nothing to tell', () => {
  const messages = [user]
  expect(tellFormat(messages, undefined)).toBe(messages)
  expect(tellFormat(messages, { type: 'grammar', syntax: 'lark', source: 'start: "a"' })).toBe(messages)
})
