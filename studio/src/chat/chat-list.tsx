/** The kept chats: newest first, found by their words, renamed, exported, deleted. */
import { useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { leaveSidebar, shellStore } from '../app/shell-store.ts'
import { useShortcuts } from '../app/shortcuts.ts'
import { useStore } from '../app/store.ts'
import { Icon } from '../ui/icons.tsx'
import { ChatRow } from './chat-row.tsx'
import { startChat } from './chat-page.tsx'
import { chatStore } from './chat-store.ts'
import type { Conversation } from './conversation.ts'
import './chat-list.css'

export function ChatList() {
  const conversations = useStore(chatStore, (state) => state.conversations)
  const currentId = useStore(chatStore, (state) => state.currentId)
  const running = useStore(chatStore, (state) => state.running)
  const [search, setSearch] = useState('')
  const searchField = useRef<HTMLInputElement>(null)
  const focusSearch = () => {
    // At once: what is typed before the next frame belongs in the field too.
    flushSync(() => shellStore.set((state) => ({ ...state, sidebarOpen: true })))
    searchField.current?.focus()
  }
  useShortcuts([{ keys: 'Mod+k', label: 'Find a chat', inFields: true, run: focusSearch }])
  const found = Object.values(conversations)
    .filter((chat) => mentions(chat, search.trim().toLowerCase()))
    .sort((a, b) => b.updatedAt - a.updatedAt)
  return (
    <section className="chat-list" aria-label="Chats">
      <button
        type="button"
        className="chat-list-new"
        onClick={() => {
          leaveSidebar()
          startChat()
        }}
      >
        <Icon name="plus" />
        New chat
      </button>
      <div className="chat-list-search">
        <Icon name="search" size={16} />
        <input
          ref={searchField}
          type="search"
          aria-label="Find a chat"
          placeholder="Find a chat"
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
      </div>
      <div className="chat-list-rows scrolling">
        {found.length === 0 && (
          <p className="chat-list-empty">{search ? 'No chat has these words.' : 'Chats stay in this browser.'}</p>
        )}
        {groupByAge(found).map(({ label, chats }) => (
          <section key={label} aria-label={label}>
            <h2>{label}</h2>
            <ul>
              {chats.map((chat) => (
                <ChatRow key={chat.id} chat={chat} current={chat.id === currentId} running={running.has(chat.id)} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  )
}

function mentions(chat: Conversation, words: string): boolean {
  if (words === '' || chat.title.toLowerCase().includes(words)) return true
  return Object.values(chat.turns).some(({ message }) => message.text.toLowerCase().includes(words))
}

function groupByAge(chats: readonly Conversation[]): readonly { label: string; chats: readonly Conversation[] }[] {
  const midnight = new Date().setHours(0, 0, 0, 0)
  const day = 86_400_000
  const labelOf = ({ updatedAt }: Conversation): string => {
    if (updatedAt >= midnight) return 'Today'
    if (updatedAt >= midnight - day) return 'Yesterday'
    return updatedAt >= midnight - 7 * day ? 'Last week' : 'Earlier'
  }
  return ['Today', 'Yesterday', 'Last week', 'Earlier']
    .map((label) => ({ label, chats: chats.filter((chat) => labelOf(chat) === label) }))
    .filter((group) => group.chats.length > 0)
}
