/**
 * A chat is a tree: editing a message or asking again adds a sibling, and nothing is lost. The path from the root to the
 * chosen leaf is what is shown and sent. All functions are pure.
 */
import type { Usage } from '../api/stream-chat.ts'
import type { Failure } from '../api/error.ts'
import type { ChatSettings } from './settings.ts'

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text; incomplete while it streams. */
  readonly arguments: string
  /** What the function gave back; undefined until somebody says. */
  readonly result: string | undefined
}

export interface AnswerTimings {
  /** From sending to the first sign of an answer. */
  readonly firstTokenMs: number
  readonly totalMs: number
  /** From the first piece of reasoning to the first piece of text. */
  readonly reasoningMs: number | undefined
}

export interface UserMessage {
  readonly role: 'user'
  readonly text: string
}

export interface AssistantMessage {
  readonly role: 'assistant'
  readonly model: string
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  readonly status: 'streaming' | 'done' | 'stopped' | 'failed'
  readonly finishReason: string | undefined
  readonly usage: Usage | undefined
  readonly timings: AnswerTimings | undefined
  readonly failure: Failure | undefined
}

export interface Turn {
  readonly id: string
  readonly parentId: string | undefined
  readonly createdAt: number
  readonly message: UserMessage | AssistantMessage
}

export interface Conversation {
  readonly id: string
  readonly title: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly settings: ChatSettings
  readonly turns: Readonly<Record<string, Turn>>
  readonly leafId: string | undefined
}

/** The turns from the first to the chosen leaf. */
export function pathOf({ turns, leafId }: Conversation): readonly Turn[] {
  const path: Turn[] = []
  for (let id = leafId; id !== undefined; id = turns[id]?.parentId) {
    const turn = turns[id]
    if (turn === undefined) break
    path.push(turn)
  }
  return path.reverse()
}

/** The turn and its alternatives, oldest first. */
export function siblingsOf(conversation: Conversation, turn: Turn): readonly Turn[] {
  return childrenOf(conversation, turn.parentId)
}

/** Adds a turn below its parent and makes it the leaf. */
export function addTurn(conversation: Conversation, turn: Turn): Conversation {
  return {
    ...conversation,
    turns: { ...conversation.turns, [turn.id]: turn },
    leafId: turn.id,
    updatedAt: Math.max(conversation.updatedAt, turn.createdAt),
  }
}

/** Changes one answer; a turn that is gone or a user's stays as it is. */
export function changeAnswer(
  conversation: Conversation,
  id: string,
  change: (message: AssistantMessage) => AssistantMessage,
): Conversation {
  const turn = conversation.turns[id]
  if (turn?.message.role !== 'assistant') return conversation
  return { ...conversation, turns: { ...conversation.turns, [id]: { ...turn, message: change(turn.message) } } }
}

/** Takes a turn away that nothing has followed, and goes back to its parent. */
export function dropTurn(conversation: Conversation, id: string): Conversation {
  const { [id]: dropped, ...turns } = conversation.turns
  if (dropped === undefined || childrenOf(conversation, id).length > 0) return conversation
  return { ...conversation, turns, leafId: dropped.parentId }
}

/** Shows the branch of this turn, down to its newest leaf. */
export function showBranch(conversation: Conversation, id: string): Conversation {
  let leafId = id
  for (;;) {
    const newest = childrenOf(conversation, leafId).at(-1)
    if (newest === undefined) return { ...conversation, leafId }
    leafId = newest.id
  }
}

/** A title from the first words of a message. */
export function titleFrom(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? ''
  if (line.length <= 48) return line || 'New chat'
  return `${line.slice(0, 48).replace(/\s+\S*$/, '')}…`
}

/** Answers that a closed page left unfinished: they will not go on. */
export function settleUnfinished(conversation: Conversation): Conversation {
  const unfinished = Object.values(conversation.turns).filter(
    ({ message }) => message.role === 'assistant' && message.status === 'streaming',
  )
  return unfinished.reduce(
    (settled, { id }) => changeAnswer(settled, id, (message) => ({ ...message, status: 'stopped' })),
    conversation,
  )
}

function childrenOf({ turns }: Conversation, parentId: string | undefined): readonly Turn[] {
  return Object.values(turns)
    .filter((turn) => turn.parentId === parentId)
    .sort((a, b) => a.createdAt - b.createdAt)
}
