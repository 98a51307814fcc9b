import { expect, it } from 'vitest'
import { messagesOf } from './messages.ts'
import type { Message } from './served-model.ts'

const result = (output: object): Message =>
  ({ role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'weather', output }] }) as Message

it.each([
  [{ type: 'text', value: 'sunny' }, 'sunny'],
  [{ type: 'json', value: { degrees: 21 } }, '{"degrees":21}'],
  [{ type: 'error-text', value: 'no such city' }, 'no such city'],
  [{ type: 'error-json', value: [404] }, '[404]'],
  [{ type: 'execution-denied' }, 'The user denied this call.'],
  [{ type: 'execution-denied', reason: 'too dear' }, 'too dear'],
  [
    {
      type: 'content',
      value: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    },
    'ab',
  ],
])('reads a result as text: %j', (output, content) => {
  expect(messagesOf([result(output)])).toEqual([{ role: 'tool', tool_call_id: 'c1', name: 'weather', content }])
})

it('keeps what was thought, said and called in one message', () => {
  const content = [
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: 'One ' },
    { type: 'text', text: 'moment.' },
    { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: { city: 'Bern' } },
  ]
  expect(messagesOf([{ role: 'assistant', content } as Message])).toEqual([
    {
      role: 'assistant',
      content: 'One moment.',
      reasoning_content: 'hm',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: { city: 'Bern' } } }],
    },
  ])
})

it('has no text where there were only calls', () => {
  const content = [{ type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: {} }]
  expect(messagesOf([{ role: 'assistant', content } as Message])[0].content).toBeNull()
})

it.each([
  ['user', { type: 'file', data: '', mediaType: 'image/png' }],
  ['assistant', { type: 'file', data: '', mediaType: 'image/png' }],
  ['tool', { type: 'tool-approval-response', approvalId: 'a', approved: true }],
])('refuses what a text model cannot read in a message of the %s', (role, part) => {
  expect(() => messagesOf([{ role, content: [part] } as unknown as Message])).toThrow(`type "${part.type}"`)
})
