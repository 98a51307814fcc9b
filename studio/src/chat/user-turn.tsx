/** A message of the user: shown as written, edited in place. */
import { memo, useState, type KeyboardEvent } from 'react'
import { CopyButton } from '../ui/copy-button.tsx'
import { GrowingTextarea } from '../ui/growing-textarea.tsx'
import { Icon } from '../ui/icons.tsx'
import { editMessage } from './actions.ts'
import { type Branch, BranchSwitch } from './branch-switch.tsx'
import { focusComposer } from './composer.tsx'
import type { Turn } from './conversation.ts'

interface UserTurnProps {
  readonly chatId: string
  readonly turn: Turn
  readonly text: string
  readonly branch: Branch
}

export const UserTurn = memo(function UserTurn({ chatId, turn, text, branch }: UserTurnProps) {
  const [editing, setEditing] = useState(false)
  if (editing) {
    return (
      <EditForm
        text={text}
        onCancel={() => {
          setEditing(false)
          focusComposer()
        }}
        onSend={(changed) => {
          setEditing(false)
          editMessage(chatId, turn, changed)
          focusComposer()
        }}
      />
    )
  }
  return (
    <article className="user-turn" aria-label="You">
      <div className="user-bubble">{text}</div>
      <div className="turn-actions">
        <BranchSwitch chatId={chatId} branch={branch} />
        <CopyButton text={text} label="Copy the message" />
        <button
          type="button"
          className="icon-button icon-button-small edit-button"
          aria-label="Edit the message"
          title="Edit"
          onClick={() => setEditing(true)}
        >
          <Icon name="edit" size={16} />
        </button>
      </div>
    </article>
  )
}, sameTurn)

function EditForm({
  text,
  onCancel,
  onSend,
}: {
  readonly text: string
  readonly onCancel: () => void
  readonly onSend: (text: string) => void
}) {
  const [draft, setDraft] = useState(text)
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault()
      onCancel()
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      if (draft.trim() !== '') onSend(draft.trim())
    }
  }
  return (
    <div className="user-edit">
      <GrowingTextarea label="Edit the message" value={draft} onChange={setDraft} onKeyDown={onKey} autoFocus />
      <div className="dialog-actions">
        <button type="button" className="button button-quiet button-small" onClick={onCancel}>
          Cancel
        </button>
        <button
          type="button"
          className="button button-primary button-small"
          disabled={draft.trim() === ''}
          onClick={() => onSend(draft.trim())}
        >
          Send as a new branch
        </button>
      </div>
    </div>
  )
}

function sameTurn(before: UserTurnProps, after: UserTurnProps): boolean {
  return (
    before.turn === after.turn &&
    before.branch.at === after.branch.at &&
    before.branch.ids.length === after.branch.ids.length
  )
}
