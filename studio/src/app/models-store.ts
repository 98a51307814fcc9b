/** The server's models, asked for at the start and whenever the user tries again. */
import { type Failure, toFailure } from '../api/error.ts'
import { type ModelEntry, listModels } from '../api/models.ts'
import { createStore } from './store.ts'

export interface ModelsState {
  readonly status: 'loading' | 'ready' | 'failed'
  readonly models: readonly ModelEntry[]
  readonly failure: Failure | undefined
}

export const modelsStore = createStore<ModelsState>({ status: 'loading', models: [], failure: undefined })

export async function refreshModels(): Promise<void> {
  modelsStore.set((state) => ({ ...state, status: state.models.length > 0 ? 'ready' : 'loading', failure: undefined }))
  try {
    const models = await listModels()
    modelsStore.set(() => ({ status: 'ready', models, failure: undefined }))
  } catch (cause) {
    modelsStore.set((state) => ({ ...state, status: 'failed', failure: toFailure(cause) }))
  }
}

/** A model tells its context only once it is loaded, which its first answer does. */
export async function learnAbout(id: string): Promise<void> {
  const known = modelsStore.get().models.find((model) => model.id === id)
  if (known !== undefined && known.contextTokens === undefined) await refreshModels()
}

/** The chosen model where the server has it, else the server's default. */
export function resolveModel(models: readonly ModelEntry[], chosen: string | undefined): ModelEntry | undefined {
  return models.find(({ id }) => id === chosen) ?? models.find(({ isDefault }) => isDefault) ?? models[0]
}
