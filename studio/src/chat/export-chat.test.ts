import { expect, it } from 'vitest'
import { emptyAnswer } from './answer.ts'
import { type Turn, addTurn } from './conversation.ts'
import { chatMarkdown } from './export-chat.ts'
import { initialSettings } from './settings.ts'

it('writes the shown path, with what was called', () => {
  const question: Turn = { id: 'q', parentId: undefined, createdAt: 1, message: { role: 'user', text: 'Two and two?' } }
  const call = { id: 'c', name: 'add', arguments: '{"a":2}', result: '4' }
  const answer: Turn = {
    id: 'a',
    parentId: 'q',
    createdAt: 2,
    message: { ...emptyAnswer('tiny'), text: 'Four.', toolCalls: [call, { ...call, id: 'd', result: undefined }] },
  }
  const empty = {
    id: 'x',
    title: 'Sums',
    createdAt: 0,
    updatedAt: 0,
    settings: initialSettings,
    turns: {},
    leafId: undefined,
  }
  const chat = addTurn(addTurn(empty, question), answer)
  expect(chatMarkdown(chat)).toBe(
    '# Sums\n\n## You\n\nTwo and two?\n\n## tiny\n\nFour.\n\n`add({"a":2})` → `4`\n\n`add({"a":2})` → `not run`\n',
  )
})
