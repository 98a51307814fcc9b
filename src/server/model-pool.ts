/** Loaded models by name: loaded when first asked for, kept while in use, unloaded when idle or when another needs the room. */
import { ApiError } from './api-error.ts'
import type { ModelEntry, ModelLease, ModelPool, ModelPurpose, ServedModel } from './served-model.ts'
import { waitFor } from './wait-for.ts'

/** A model that could be loaded. */
export type PoolEntry = Omit<ModelEntry, 'loaded' | 'isDefault' | 'contextTokens' | 'info' | 'expiresAtMs'>

export interface ModelPoolOptions {
  /** What there is now; asked again whenever a name is looked up, since models come and go. */
  readonly entries: () => Promise<readonly PoolEntry[]>
  readonly load: (id: string) => Promise<ServedModel>
  /** Id of the model that requests without a name get. It is not unloaded for being idle unless a request says so. */
  readonly defaultModel: string
  /** Id of the model that makes vectors and ranks where a request names none. Default: the first encoder, else `defaultModel`. */
  readonly defaultEncoder?: string | undefined
  /** Bytes that loaded models may take together; one alone may take more. Default: no limit. */
  readonly memoryBytes?: number | undefined
  /** Time without use after which a model is unloaded. Default 5 minutes. */
  readonly idleMs?: number | undefined
  readonly log?: ((message: string) => void) | undefined
}

interface Slot {
  readonly id: string
  readonly loading: Promise<ServedModel>
  /** Set once it is loaded. */
  model: ServedModel | undefined
  bytes: number
  users: number
  /** How long it stays without users; undefined: as the pool has it. */
  keepMs: number | undefined
  expiresAtMs: number | undefined
  idleTimer: ReturnType<typeof setTimeout> | undefined
}

const defaultIdleMs = 300_000
/** Timers count no further: 24 days. */
const longestTimerMs = 2 ** 31 - 1

export function createModelPool(options: ModelPoolOptions): ModelPool {
  const { memoryBytes = Infinity, idleMs = defaultIdleMs, log = () => {} } = options
  /** The one used last is at the end. */
  const slots = new Map<string, Slot>()
  /** Room is made and models are loaded one after the other. */
  let lastLoad: Promise<unknown> = Promise.resolve()

  const unload = async (slot: Slot, why: string): Promise<void> => {
    if (slots.get(slot.id) === slot) slots.delete(slot.id)
    clearTimeout(slot.idleTimer)
    if (slot.model === undefined) return
    log(`${slot.id}: unloaded, ${why}.`)
    await slot.model.dispose()
  }
  const makeRoom = async (neededBytes: number): Promise<void> => {
    const taken = (): number => [...slots.values()].reduce((total, slot) => total + slot.bytes, 0)
    while (taken() > 0 && taken() + neededBytes > memoryBytes) {
      const idle = [...slots.values()].find((slot) => slot.users === 0 && slot.model !== undefined)
      if (idle !== undefined) {
        await unload(idle, 'to make room')
        continue
      }
      throw new ApiError(
        503,
        `There is no room for another model: ${[...slots.keys()].join(', ')} are in use. Try again in 5 s.`,
        { code: 'models_busy', param: 'model', retryAfterSeconds: 5 },
      )
    }
  }
  const startLoading = (entry: PoolEntry): Slot => {
    const loading = lastLoad.then(async () => {
      await makeRoom(entry.sizeBytes)
      slot.bytes = entry.sizeBytes
      const started = performance.now()
      const model = await options.load(entry.id)
      const { weights, arena, cache } = model.info.bytes
      slot.bytes = weights + arena + cache
      slot.model = model
      log(`${entry.id}: loaded in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
      return model
    })
    const slot: Slot = {
      id: entry.id,
      loading,
      model: undefined,
      bytes: 0,
      users: 0,
      keepMs: undefined,
      expiresAtMs: undefined,
      idleTimer: undefined,
    }
    slots.set(entry.id, slot)
    lastLoad = loading.catch(() => slots.delete(entry.id))
    return slot
  }
  const leave = (slot: Slot): void => {
    slot.users--
    if (slot.users > 0 || slots.get(slot.id) !== slot) return
    const keepMs = slot.keepMs ?? (slot.id === options.defaultModel ? Infinity : idleMs)
    if (keepMs > longestTimerMs) return
    slot.expiresAtMs = Date.now() + keepMs
    slot.idleTimer = setTimeout(() => {
      unload(slot, 'idle').catch((error: unknown) => log(`${slot.id}: ${String(error)}`))
    }, keepMs)
  }
  const use = (entry: PoolEntry): Slot => {
    const slot = slots.get(entry.id) ?? startLoading(entry)
    clearTimeout(slot.idleTimer)
    slot.expiresAtMs = undefined
    slot.users++
    slots.delete(slot.id)
    slots.set(slot.id, slot)
    return slot
  }
  const defaultFor = (purpose: ModelPurpose | undefined, entries: readonly PoolEntry[]): string => {
    const encoders = entries.filter(({ kind }) => kind === 'encoder')
    const encoder = encoders.find(({ id }) => id === options.defaultEncoder) ?? encoders.at(0)
    return purpose === 'vectors' && encoder !== undefined ? encoder.id : options.defaultModel
  }
  const list: ModelPool['list'] = async () =>
    (await options.entries()).map((entry) => {
      const slot = slots.get(entry.id)
      const info = slot?.model?.info
      return {
        ...entry,
        kind: info?.kind ?? entry.kind,
        contextTokens: info?.contextTokens,
        info,
        expiresAtMs: slot?.expiresAtMs,
        loaded: info !== undefined,
        isDefault: entry.id === options.defaultModel,
      }
    })

  return {
    list,
    acquire: async (name, signal, purpose): Promise<ModelLease> => {
      const entries = await options.entries()
      const slot = use(await findEntry(name ?? defaultFor(purpose, entries), entries))
      try {
        const model = await waitFor(slot.loading, signal)
        let released = false
        const release = (): void => {
          if (!released) leave(slot)
          released = true
        }
        return { id: slot.id, model, keepFor: (milliseconds) => void (slot.keepMs = milliseconds), release }
      } catch (error) {
        leave(slot)
        throw error
      }
    },
    discard: (model) => {
      const slot = [...slots.values()].find((candidate) => candidate.model === model)
      if (slot === undefined) return
      unload(slot, 'its engine has failed').catch((error: unknown) => log(`${slot.id}: ${String(error)}`))
    },
    close: async () => {
      await lastLoad
      await Promise.all([...slots.values()].map((slot) => unload(slot, 'the server stops')))
    },
  }
}

async function findEntry(name: string, entries: readonly PoolEntry[]): Promise<PoolEntry> {
  const entry = entries.find(({ id, aliases }) => id === name || aliases.includes(name))
  if (entry !== undefined) return entry
  throw unknownModel(
    name,
    entries.map(({ id }) => id),
  )
}

/** 404 with the names that there are. */
export function unknownModel(name: string, names: readonly string[]): ApiError {
  const message = `There is no model ${JSON.stringify(name.slice(0, 200))} here. There are: ${names.join(', ')}. "ostro pull NAME" gets another.`
  return new ApiError(404, message, { code: 'model_not_found', param: 'model' })
}
