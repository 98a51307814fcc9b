/** All chats, which one is open, and the settings of the next one. */
import { createStore } from '../app/store.ts'
import { deleteChat, readChats, writeChat } from './chat-database.ts'
import type { Conversation } from './conversation.ts'
import { type ChatSettings, initialSettings } from './settings.ts'

export interface ChatState {
  readonly ready: boolean
  readonly conversations: Readonly<Record<string, Conversation>>
  /** Undefined: a new chat, which becomes a conversation with its first message. */
  readonly currentId: string | undefined
  /** Settings that the next new chat starts with: those used last. */
  readonly nextSettings: ChatSettings
  /** Chats with an answer under way. */
  readonly running: ReadonlySet<string>
  /** Why chats cannot be kept in this browser; undefined where they are. */
  readonly storageProblem: string | undefined
}

const settingsName = 'ostro.settings'
const writeDelayMs = 400

export const chatStore = createStore<ChatState>({
  ready: false,
  conversations: {},
  currentId: undefined,
  nextSettings: readSettings(),
  running: new Set(),
  storageProblem: undefined,
})

export async function loadChats(): Promise<void> {
  try {
    const kept = await readChats()
    chatStore.set((state) => ({
      ...state,
      ready: true,
      conversations: { ...Object.fromEntries(kept.map((chat) => [chat.id, chat])), ...state.conversations },
    }))
  } catch (cause) {
    chatStore.set((state) => ({ ...state, ready: true, storageProblem: String(cause) }))
  }
}

export function currentChat({ conversations, currentId }: ChatState): Conversation | undefined {
  return currentId === undefined ? undefined : conversations[currentId]
}

export function currentSettings(state: ChatState): ChatSettings {
  return currentChat(state)?.settings ?? state.nextSettings
}

export function openChat(id: string | undefined): void {
  chatStore.set((state) => ({ ...state, currentId: id }))
}

export function changeSettings(change: Partial<ChatSettings>): void {
  chatStore.set((state) => {
    const settings = { ...currentSettings(state), ...change }
    localStorage.setItem(settingsName, JSON.stringify(settings))
    return { ...state, nextSettings: settings }
  })
  const { currentId, nextSettings } = chatStore.get()
  if (currentId !== undefined) changeChat(currentId, (chat) => ({ ...chat, settings: nextSettings }))
}

/** Adds a chat and opens it. */
export function addChat(conversation: Conversation): void {
  chatStore.set((state) => ({
    ...state,
    currentId: conversation.id,
    conversations: { ...state.conversations, [conversation.id]: conversation },
  }))
  keepSoon(conversation.id)
}

export function changeChat(id: string, change: (conversation: Conversation) => Conversation): void {
  chatStore.set((state) => {
    const conversation = state.conversations[id]
    if (conversation === undefined) return state
    return { ...state, conversations: { ...state.conversations, [id]: change(conversation) } }
  })
  keepSoon(id)
}

export function renameChat(id: string, title: string): void {
  if (title.trim() !== '') changeChat(id, (chat) => ({ ...chat, title: title.trim() }))
}

export async function removeChat(id: string): Promise<void> {
  chatStore.set((state) => {
    const { [id]: _removed, ...conversations } = state.conversations
    return { ...state, conversations, currentId: state.currentId === id ? undefined : state.currentId }
  })
  await guarded(() => deleteChat(id))
}

export function setRunning(id: string, runs: boolean): void {
  chatStore.set((state) => {
    const running = new Set(state.running)
    if (runs) running.add(id)
    else running.delete(id)
    return { ...state, running }
  })
}

const waiting = new Map<string, ReturnType<typeof setTimeout>>()

/** Writes after a pause, so that a streaming answer is not written for every token. */
function keepSoon(id: string): void {
  if (waiting.has(id)) return
  waiting.set(
    id,
    setTimeout(() => keepNow(id), writeDelayMs),
  )
}

function keepNow(id: string): void {
  clearTimeout(waiting.get(id))
  waiting.delete(id)
  const conversation = chatStore.get().conversations[id]
  if (conversation) void guarded(() => writeChat(conversation))
}

/** The page is about to go: what waits is written at once. */
export function keepAllNow(): void {
  for (const id of waiting.keys()) keepNow(id)
}

async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    chatStore.set((state) => ({ ...state, storageProblem: String(cause) }))
  }
}

function readSettings(): ChatSettings {
  const kept = localStorage.getItem(settingsName)
  if (kept === null) return initialSettings
  try {
    return { ...initialSettings, ...(JSON.parse(kept) as Partial<ChatSettings>) }
  } catch {
    // Written by hand or by another version: the defaults are always right.
    return initialSettings
  }
}
