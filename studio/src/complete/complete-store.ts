/** The text of the completion tab, its settings, and the run that continues it. */
import { type Failure, toFailure } from '../api/error.ts'
import { samplingFields } from '../api/sampling.ts'
import type { Usage } from '../api/stream-chat.ts'
import { streamCompletion } from '../api/stream-completion.ts'
import { learnAbout, modelsStore, resolveModel } from '../app/models-store.ts'
import { createStore } from '../app/store.ts'
import { type Manuscript, continueWith, replaceToken, rewrite, textOf } from './manuscript.ts'

export interface CompleteSettings {
  readonly model: string | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly maxTokens: number | undefined
  readonly seed: number | undefined
}

export interface CompleteState {
  readonly manuscript: Manuscript
  /** What to go back to, newest last. */
  readonly history: readonly Manuscript[]
  readonly settings: CompleteSettings
  readonly running: boolean
  readonly failure: Failure | undefined
  readonly usage: Usage | undefined
  readonly timings: { readonly firstTokenMs: number; readonly totalMs: number } | undefined
}

const storageName = 'ostro.completion'
const alternatives = 5
const defaultMaxTokens = 64
const historyLimit = 50

export const initialCompleteSettings: CompleteSettings = {
  model: undefined,
  temperature: undefined,
  topP: undefined,
  maxTokens: defaultMaxTokens,
  seed: undefined,
}

const initial: CompleteState = {
  manuscript: [],
  history: [],
  settings: initialCompleteSettings,
  running: false,
  failure: undefined,
  usage: undefined,
  timings: undefined,
}

export const completeStore = createStore<CompleteState>({ ...initial, ...readKept() })

let controller: AbortController | undefined

export function changeCompleteSettings(change: Partial<CompleteSettings>): void {
  completeStore.set((state) => ({ ...state, settings: { ...state.settings, ...change } }))
  keep()
}

export function rewriteText(text: string): void {
  completeStore.set((state) => ({ ...state, manuscript: rewrite(state.manuscript, text) }))
  keep()
}

/** What has come stays; nothing is added after this. */
export function stopCompletion(): void {
  controller?.abort()
  controller = undefined
  completeStore.set((state) => ({ ...state, running: false }))
  keep()
}

/** Back to the text before the last continuation, choice or clearing. */
export function undoContinuation(): void {
  stopCompletion()
  completeStore.set((state) => {
    const manuscript = state.history.at(-1)
    if (manuscript === undefined) return state
    return {
      ...state,
      manuscript,
      history: state.history.slice(0, -1),
      failure: undefined,
      usage: undefined,
      timings: undefined,
    }
  })
  keep()
}

/** The same beginning, continued anew. */
export function continueAnew(): void {
  undoContinuation()
  void continueText()
}

export function clearText(): void {
  remember()
  completeStore.set((state) => ({ ...state, manuscript: [], failure: undefined, usage: undefined, timings: undefined }))
  keep()
}

/** Takes another token at this place; what came after it is written anew. */
export function chooseAlternative(index: number, text: string): void {
  remember()
  completeStore.set((state) => ({ ...state, manuscript: replaceToken(state.manuscript, index, text) }))
  void continueText(false)
}

/** @param remembers False where the caller has kept the text to go back to. */
export async function continueText(remembers = true): Promise<void> {
  const { manuscript, running } = completeStore.get()
  if (running || textOf(manuscript) === '') return
  if (remembers) remember()
  const own = new AbortController()
  const { signal } = own
  controller = own
  completeStore.set((state) => ({ ...state, running: true, failure: undefined, usage: undefined, timings: undefined }))
  const body = requestBody()
  const started = performance.now()
  let firstTokenMs: number | undefined
  try {
    for await (const event of streamCompletion(body, signal)) {
      if (signal.aborted) return
      const totalMs = performance.now() - started
      if (event.type === 'tokens') {
        firstTokenMs ??= totalMs
        const timings = { firstTokenMs, totalMs }
        completeStore.set((state) => ({ ...state, timings, manuscript: continueWith(state.manuscript, event.tokens) }))
      } else if (event.type === 'usage') completeStore.set((state) => ({ ...state, usage: event.usage }))
    }
  } catch (cause) {
    if (!signal.aborted) completeStore.set((state) => ({ ...state, failure: toFailure(cause) }))
  }
  if (controller === own) stopCompletion()
  void learnAbout(body.model)
}

function requestBody() {
  const { manuscript, settings } = completeStore.get()
  const { temperature, topP, maxTokens, seed } = settings
  return {
    model: resolveModel(modelsStore.get().models, settings.model)?.id ?? '',
    prompt: textOf(manuscript),
    max_tokens: maxTokens ?? defaultMaxTokens,
    logprobs: alternatives,
    ...samplingFields(temperature, topP),
    ...(seed === undefined ? {} : { seed }),
  }
}

function remember(): void {
  completeStore.set((state) => ({ ...state, history: [...state.history, state.manuscript].slice(-historyLimit) }))
}

function keep(): void {
  const { manuscript, settings } = completeStore.get()
  localStorage.setItem(storageName, JSON.stringify({ manuscript, settings }))
}

function readKept(): Partial<CompleteState> {
  const kept = localStorage.getItem(storageName)
  if (kept === null) return {}
  try {
    const { manuscript, settings } = JSON.parse(kept) as Pick<CompleteState, 'manuscript' | 'settings'>
    return { manuscript, settings }
  } catch {
    // Written by another version: an empty page is always right.
    return {}
  }
}
