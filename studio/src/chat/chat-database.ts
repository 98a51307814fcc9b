/** Chats in IndexedDB, one record each. */
import { type Conversation, settleUnfinished } from './conversation.ts'

const databaseName = 'ostro'
const chats = 'chats'

let opened: Promise<IDBDatabase> | undefined

export async function readChats(): Promise<readonly Conversation[]> {
  const store = (await open()).transaction(chats).objectStore(chats)
  const found = (await done(store.getAll())) as Conversation[]
  return found.map(settleUnfinished)
}

export async function writeChat(conversation: Conversation): Promise<void> {
  await done((await open()).transaction(chats, 'readwrite').objectStore(chats).put(conversation))
}

export async function deleteChat(id: string): Promise<void> {
  await done((await open()).transaction(chats, 'readwrite').objectStore(chats).delete(id))
}

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(chats, { keyPath: 'id' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('The browser refused to open its database.'))
  })
  return opened
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('The browser refused to keep the chat.'))
  })
}
