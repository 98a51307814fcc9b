/** The shown path of a chat; it follows a growing answer unless the reader has scrolled up. */
import { useLayoutEffect, useRef, useState } from 'react'
import type { ModelEntry } from '../api/models.ts'
import { Icon } from '../ui/icons.tsx'
import { AssistantTurn } from './assistant-turn.tsx'
import { type Conversation, pathOf, siblingsOf } from './conversation.ts'
import { UserTurn } from './user-turn.tsx'
import './thread.css'

interface ThreadProps {
  readonly chat: Conversation
  readonly running: boolean
  readonly models: readonly ModelEntry[]
}

/** Nearer to the end than this counts as being there. */
const nearEnd = 48

export function Thread({ chat, running, models }: ThreadProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const [atEnd, setAtEnd] = useState(true)
  const follows = useRef(true)
  const path = pathOf(chat)
  const userTurns = path.filter(({ message }) => message.role === 'user').length
  useLayoutEffect(() => {
    follows.current = true
  }, [chat.id, userTurns])
  useLayoutEffect(() => {
    if (follows.current) scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  })
  const onScroll = () => {
    const element = scroller.current
    if (!element) return
    follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd
    setAtEnd(follows.current)
  }
  return (
    <div className="thread">
      <div className="thread-scroll scrolling" ref={scroller} onScroll={onScroll} tabIndex={-1}>
        <div className="thread-turns" role="log" aria-label="Messages" aria-live="off">
          {path.map((turn, index) => {
            const siblings = siblingsOf(chat, turn)
            const branch = { ids: siblings.map(({ id }) => id), at: siblings.indexOf(turn) }
            return turn.message.role === 'user' ? (
              <UserTurn key={turn.id} chatId={chat.id} turn={turn} text={turn.message.text} branch={branch} />
            ) : (
              <AssistantTurn
                key={turn.id}
                chatId={chat.id}
                turn={turn}
                message={turn.message}
                branch={branch}
                continues={path[index - 1]?.message.role === 'assistant'}
                last={index === path.length - 1}
                contextTokens={contextOf(models, turn.message.model)}
              />
            )
          })}
        </div>
        <p className="visually-hidden" role="status">
          {running ? 'The model is answering.' : 'The answer is complete.'}
        </p>
      </div>
      {!atEnd && (
        <button
          type="button"
          className="thread-down"
          aria-label="Go to the end"
          onClick={() => scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior: 'smooth' })}
        >
          <Icon name="down" />
        </button>
      )}
    </div>
  )
}

/** Of the model that gave the answer, which need not be the one chosen now. */
function contextOf(models: readonly ModelEntry[], id: string): number | undefined {
  return models.find((model) => model.id === id)?.contextTokens
}
