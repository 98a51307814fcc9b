/** The chat: messages, the field to write in, settings beside it. */
import { useEffect } from 'react'
import { goTo, useAddress } from '../app/address.ts'
import { modelsStore } from '../app/models-store.ts'
import { PageHead } from '../app/page-head.tsx'
import { ServerNotice } from '../app/server-notice.tsx'
import { shellStore } from '../app/shell-store.ts'
import { useShortcuts } from '../app/shortcuts.ts'
import { useStore } from '../app/store.ts'
import { Icon } from '../ui/icons.tsx'
import { regenerate, send, stop } from './actions.ts'
import { changeSettings, chatStore, currentChat, currentSettings, openChat } from './chat-store.ts'
import { Composer, focusComposer } from './composer.tsx'
import { pathOf } from './conversation.ts'
import { SettingsPanel } from './settings-panel.tsx'
import { Thread } from './thread.tsx'
import { Welcome } from './welcome.tsx'

export function ChatPage() {
  const { rest } = useAddress()
  const state = useStore(chatStore, (whole) => whole)
  const settingsOpen = useStore(shellStore, (shell) => shell.settingsOpen)
  const models = useStore(modelsStore, (known) => known.models)
  useEffect(() => openChat(rest), [rest])

  const chat = currentChat(state)
  const settings = currentSettings(state)
  const running = chat !== undefined && state.running.has(chat.id)
  const path = chat ? pathOf(chat) : []
  const last = path.at(-1)

  useShortcuts([
    { keys: 'Mod+Shift+o', label: 'New chat', inFields: true, run: startChat },
    { keys: '/', label: 'Write a message', inFields: false, run: focusComposer },
    { keys: 'Escape', label: 'Stop the answer', inFields: true, run: () => chat && running && stop(chat.id) },
    {
      keys: 'Alt+r',
      label: 'Another answer',
      inFields: true,
      run: () => chat && last?.message.role === 'assistant' && regenerate(chat.id, last),
    },
  ])

  const sendMessage = (text: string) => {
    send(text)
    const { currentId } = chatStore.get()
    if (currentId !== undefined) goTo('chat', currentId)
  }
  return (
    <div className="page">
      <section className="page-main" aria-label={chat?.title ?? 'New chat'}>
        <PageHead model={settings.model} onModel={(model) => changeSettings({ model })}>
          <button type="button" className="icon-button" aria-label="New chat" title="New chat" onClick={startChat}>
            <Icon name="plus" />
          </button>
        </PageHead>
        <ServerNotice />
        {state.storageProblem && (
          <p className="notice notice-danger" role="alert">
            This browser does not keep chats: {state.storageProblem}. Export what you need before you leave.
          </p>
        )}
        {chat ? (
          <Thread chat={chat} running={running} models={models} />
        ) : (
          state.ready && rest === undefined && <Welcome onSend={sendMessage} />
        )}
        {state.ready && chat === undefined && rest !== undefined && <LostChat />}
        <Composer
          key={chat?.id ?? 'new'}
          chat={chat}
          settings={settings}
          running={running}
          onSend={sendMessage}
          onStop={() => chat && stop(chat.id)}
        />
      </section>
      {settingsOpen && <SettingsPanel settings={settings} onChange={changeSettings} />}
    </div>
  )
}

function LostChat() {
  return (
    <div className="welcome">
      <h1>This chat is not here</h1>
      <p>It was deleted, or it lives in another browser.</p>
      <button type="button" className="button" onClick={startChat}>
        Start a new chat
      </button>
    </div>
  )
}

export function startChat(): void {
  openChat(undefined)
  goTo('chat')
  focusComposer()
}
