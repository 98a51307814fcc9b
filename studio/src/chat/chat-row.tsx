/** One chat of the list with what can be done to it. */
import { useState, type FocusEvent, type KeyboardEvent } from 'react'
import { goTo } from '../app/address.ts'
import { leaveSidebar } from '../app/shell-store.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { stop } from './actions.ts'
import { removeChat, renameChat } from './chat-store.ts'
import type { Conversation } from './conversation.ts'
import { exportChat } from './export-chat.ts'

interface ChatRowProps {
  readonly chat: Conversation
  readonly current: boolean
  readonly running: boolean
}

export function ChatRow({ chat, current, running }: ChatRowProps) {
  const [mode, setMode] = useState<'shown' | 'renaming' | 'deleting'>('shown')
  const [menuOpen, setMenuOpen] = useState(false)
  if (mode === 'renaming') return <RenameRow chat={chat} onDone={() => setMode('shown')} />
  const choose = (action: () => void) => {
    setMenuOpen(false)
    action()
  }
  const closeOutside = ({ currentTarget, relatedTarget }: FocusEvent) => {
    if (!currentTarget.contains(relatedTarget)) setMenuOpen(false)
  }
  return (
    <li
      className="chat-row"
      data-menu={menuOpen}
      onBlur={closeOutside}
      onKeyDown={(event) => event.key === 'Escape' && setMenuOpen(false)}
    >
      <a
        href={`#/chat/${chat.id}`}
        aria-current={current ? 'page' : undefined}
        title={chat.title}
        onClick={leaveSidebar}
      >
        {chat.title}
        {running && <span className="chat-row-running" role="img" aria-label="answering" />}
      </a>
      <button
        type="button"
        className="icon-button icon-button-small chat-row-more"
        aria-label={`More for ${chat.title}`}
        aria-expanded={menuOpen}
        onClick={() => setMenuOpen(!menuOpen)}
      >
        <Icon name="dots" size={16} />
      </button>
      {menuOpen && (
        <div className="row-menu">
          <button type="button" onClick={() => choose(() => setMode('renaming'))}>
            <Icon name="edit" size={16} /> Rename
          </button>
          <button type="button" onClick={() => choose(() => exportChat(chat, 'markdown'))}>
            <Icon name="download" size={16} /> Export as Markdown
          </button>
          <button type="button" onClick={() => choose(() => exportChat(chat, 'json'))}>
            <Icon name="download" size={16} /> Export as JSON
          </button>
          <button type="button" className="button-danger" onClick={() => choose(() => setMode('deleting'))}>
            <Icon name="trash" size={16} /> Delete
          </button>
        </div>
      )}
      {mode === 'deleting' && <DeleteDialog chat={chat} current={current} onClose={() => setMode('shown')} />}
    </li>
  )
}

function RenameRow({ chat, onDone }: { readonly chat: Conversation; readonly onDone: () => void }) {
  const [title, setTitle] = useState(chat.title)
  const onKey = ({ key }: KeyboardEvent) => {
    if (key === 'Enter') renameChat(chat.id, title)
    if (key === 'Enter' || key === 'Escape') onDone()
  }
  return (
    <li className="chat-row">
      <input
        className="field chat-row-name"
        aria-label="Name of the chat"
        value={title}
        autoFocus
        onFocus={({ target }) => target.select()}
        onChange={({ target }) => setTitle(target.value)}
        onKeyDown={onKey}
        onBlur={() => {
          renameChat(chat.id, title)
          onDone()
        }}
      />
    </li>
  )
}

function DeleteDialog({
  chat,
  current,
  onClose,
}: {
  readonly chat: Conversation
  readonly current: boolean
  readonly onClose: () => void
}) {
  return (
    <Dialog title="Delete this chat?" onClose={onClose}>
      <p>“{chat.title}” and all its branches go for good.</p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            stop(chat.id)
            if (current) goTo('chat')
            void removeChat(chat.id)
          }}
        >
          Delete
        </button>
      </div>
    </Dialog>
  )
}
