import { describe, expect, it } from 'vitest'
import { emptyAnswer } from './answer.ts'
import {
  type Conversation,
  type Turn,
  addTurn,
  changeAnswer,
  dropTurn,
  pathOf,
  settleUnfinished,
  showBranch,
  siblingsOf,
  titleFrom,
} from './conversation.ts'
import { initialSettings } from './settings.ts'

const empty: Conversation = {
  id: 'chat',
  title: 'Chat',
  createdAt: 0,
  updatedAt: 0,
  settings: initialSettings,
  turns: {},
  leafId: undefined,
}

let clock = 0
const user = (id: string, parentId?: string): Turn => ({
  id,
  parentId,
  createdAt: ++clock,
  message: { role: 'user', text: id },
})
const answer = (id: string, parentId: string): Turn => ({
  id,
  parentId,
  createdAt: ++clock,
  message: { ...emptyAnswer('m'), text: id, status: 'done' },
})
const build = (...turns: Turn[]) => turns.reduce(addTurn, empty)
const ids = (conversation: Conversation) => pathOf(conversation).map(({ id }) => id)

describe('a conversation', () => {
  it('shows the path to the newest turn', () => {
    expect(ids(build(user('q'), answer('a', 'q'), user('r', 'a')))).toEqual(['q', 'a', 'r'])
    expect(ids(empty)).toEqual([])
  })

  it('keeps the old branch beside an edited message, also where that was the first one', () => {
    const edited = build(user('q'), answer('a', 'q'), user('q2'))
    expect(ids(edited)).toEqual(['q2'])
    expect(siblingsOf(edited, edited.turns['q2'] as Turn).map(({ id }) => id)).toEqual(['q', 'q2'])
    expect(ids(showBranch(edited, 'q'))).toEqual(['q', 'a'])
  })

  it('goes down to the newest leaf of a branch', () => {
    const chat = build(user('q'), answer('a', 'q'), user('r', 'a'), answer('b', 'r'), answer('a2', 'q'))
    expect(ids(chat)).toEqual(['q', 'a2'])
    expect(ids(showBranch(chat, 'a'))).toEqual(['q', 'a', 'r', 'b'])
  })

  it('changes answers only, and leaves the one before as it was', () => {
    const before = build(user('q'), answer('a', 'q'))
    const after = changeAnswer(before, 'a', (message) => ({ ...message, text: 'new' }))
    expect(after.turns['a']?.message.text).toBe('new')
    expect(before.turns['a']?.message.text).toBe('a')
    expect(changeAnswer(before, 'q', (message) => ({ ...message, text: 'new' }))).toBe(before)
  })

  it('drops a turn without followers only', () => {
    const chat = build(user('q'), answer('a', 'q'))
    expect(ids(dropTurn(chat, 'a'))).toEqual(['q'])
    expect(dropTurn(chat, 'q')).toBe(chat)
  })

  it('settles what a closed page left unfinished', () => {
    const unfinished: Turn = { ...answer('a', 'q'), message: { ...emptyAnswer('m'), text: 'hal' } }
    const settled = settleUnfinished(build(user('q'), unfinished))
    expect(settled.turns['a']?.message).toMatchObject({ status: 'stopped', text: 'hal' })
  })
})

describe('titleFrom', () => {
  it('takes the first line and cuts between words', () => {
    expect(titleFrom('  Why?\nmore')).toBe('Why?')
    expect(titleFrom('word '.repeat(20))).toBe(`${'word '.repeat(9).trim()}…`)
    expect(titleFrom(' \n ')).toBe('New chat')
  })
})
