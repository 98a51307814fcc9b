/** What the user can do in a chat: send, edit, ask again, stop, give a function's result. */
import { toFailure } from '../api/error.ts'
import { streamChat } from '../api/stream-chat.ts'
import { learnAbout, modelsStore, refreshModels, resolveModel } from '../app/models-store.ts'
import { newId } from '../app/new-id.ts'
import { emptyAnswer, failAnswer, growAnswer, setResult, stopAnswer } from './answer.ts'
import { addChat, changeChat, chatStore, currentChat, setRunning } from './chat-store.ts'
import {
  type AssistantMessage,
  type Conversation,
  type Turn,
  addTurn,
  changeAnswer,
  dropTurn,
  pathOf,
  titleFrom,
} from './conversation.ts'
import { runDemoTool } from './demo-tools.ts'
import { requestOf } from './request-of.ts'

/** A model that calls functions without end is stopped here; the user can go on by hand. */
const mostSteps = 8

const controllers = new Map<string, AbortController>()

/** Sends a message at the end of the open chat, or starts a chat with it. */
export function send(text: string): void {
  const state = chatStore.get()
  const open = currentChat(state)
  const turn = userTurn(text, open?.leafId)
  if (open) changeChat(open.id, (chat) => addTurn(chat, turn))
  else addChat(addTurn(newConversation(text), turn))
  const id = open?.id ?? chatStore.get().currentId
  if (id !== undefined) void answer(id, mostSteps)
}

/** The message in other words, as a branch beside the old one. */
export function editMessage(chatId: string, turn: Turn, text: string): void {
  stop(chatId)
  changeChat(chatId, (chat) => addTurn(chat, userTurn(text, turn.parentId)))
  void answer(chatId, mostSteps)
}

/** Another answer to the same message, as a branch beside the old one; one that only failed makes room. */
export function regenerate(chatId: string, turn: Turn): void {
  stop(chatId)
  const { message } = turn
  const onlyFailed = message.role === 'assistant' && message.status === 'failed' && message.text === ''
  changeChat(chatId, (chat) => ({ ...(onlyFailed ? dropTurn(chat, turn.id) : chat), leafId: turn.parentId }))
  void answer(chatId, mostSteps)
}

export function stop(chatId: string): void {
  controllers.get(chatId)?.abort()
}

/** The model goes on once every call of the answer has its result. */
export function giveResult(chatId: string, turnId: string, callId: string, result: string): void {
  changeChat(chatId, (chat) => changeAnswer(chat, turnId, (message) => setResult(message, callId, result)))
  const message = chatStore.get().conversations[chatId]?.turns[turnId]?.message
  if (message?.role === 'assistant' && message.toolCalls.every((call) => call.result !== undefined)) {
    void answer(chatId, mostSteps)
  }
}

/** The model goes on with the results that its last answer has. */
export function goOn(chatId: string): void {
  void answer(chatId, mostSteps)
}

/** Streams one answer below the leaf; runs the page's own functions and goes on with their results. */
async function answer(chatId: string, stepsLeft: number): Promise<void> {
  const conversation = chatStore.get().conversations[chatId]
  if (conversation === undefined) return
  const controller = new AbortController()
  controllers.set(chatId, controller)
  setRunning(chatId, true)
  const { id, message } = await streamAnswer(conversation, controller.signal)
  // A newer answer of the same chat may have taken over meanwhile.
  if (controllers.get(chatId) !== controller) return
  controllers.delete(chatId)
  setRunning(chatId, false)
  if (message.status !== 'done' || !runDemoTools(chatId, id, message) || stepsLeft <= 1) return
  // Who looks at another branch meanwhile wants no answer there.
  if (chatStore.get().conversations[chatId]?.leafId === id) await answer(chatId, stepsLeft - 1)
}

async function streamAnswer(
  conversation: Conversation,
  signal: AbortSignal,
): Promise<{ id: string; message: AssistantMessage }> {
  if (modelsStore.get().models.length === 0) await refreshModels()
  const { models } = modelsStore.get()
  const model = resolveModel(models, conversation.settings.model)?.id ?? conversation.settings.model ?? ''
  const id = newId()
  let message = emptyAnswer(model)
  const turn: Turn = { id, parentId: conversation.leafId, createdAt: Date.now(), message }
  changeChat(conversation.id, (chat) => addTurn(chat, turn))
  const publish = () => changeChat(conversation.id, (chat) => changeAnswer(chat, id, () => message))
  const painter = paintSoon(publish)
  const started = performance.now()
  try {
    const request = requestOf(pathOf(conversation), conversation.settings, model)
    for await (const event of streamChat(request, signal)) {
      message = growAnswer(message, event, performance.now() - started)
      painter.ask()
    }
  } catch (cause) {
    message = signal.aborted ? stopAnswer(message) : failAnswer(message, toFailure(cause))
  }
  painter.cancel()
  publish()
  void learnAbout(model)
  return { id, message }
}

/** True where every call of the answer has its result by now. */
function runDemoTools(chatId: string, turnId: string, message: AssistantMessage): boolean {
  if (message.toolCalls.length === 0) return false
  const results = message.toolCalls.map((call) => ({ call, result: runDemoTool(call.name, call.arguments) }))
  for (const { call, result } of results) {
    if (result === undefined) continue
    changeChat(chatId, (chat) => changeAnswer(chat, turnId, (answered) => setResult(answered, call.id, result)))
  }
  return results.every(({ result }) => result !== undefined)
}

/** At most one publication a frame; a hidden page has no frames, so a timer stands by. */
function paintSoon(publish: () => void): { ask: () => void; cancel: () => void } {
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const cancel = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    timer = undefined
  }
  const paint = () => {
    cancel()
    publish()
  }
  return {
    ask: () => {
      if (timer !== undefined) return
      frame = requestAnimationFrame(paint)
      timer = setTimeout(paint, 120)
    },
    cancel,
  }
}

function newConversation(text: string): Conversation {
  const now = Date.now()
  const { nextSettings } = chatStore.get()
  return {
    id: newId(),
    title: titleFrom(text),
    createdAt: now,
    updatedAt: now,
    settings: nextSettings,
    turns: {},
    leafId: undefined,
  }
}

function userTurn(text: string, parentId: string | undefined): Turn {
  return { id: newId(), parentId, createdAt: Date.now(), message: { role: 'user', text } }
}
