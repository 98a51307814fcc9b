/** Responses that are kept for a while: in memory, bounded, each for its caller only. */
import { ApiError } from '../api-error.ts'
import type { ServerParts } from '../server-parts.ts'
import type { ConversationItem } from './input-items.ts'
import type { OutputItem, ResponseObject } from './response-body.ts'

export interface StoredResponse {
  readonly response: ResponseObject
  /** The whole conversation up to this response, its own output included; items are shared with earlier responses. */
  readonly conversation: readonly ConversationItem[]
}

export interface ResponseStore {
  readonly keep: (caller: string, stored: StoredResponse) => void
  /** @throws ApiError 404 where the caller has no such response, or it has made way for newer ones */
  readonly get: (caller: string, id: string, param: string) => StoredResponse
  readonly remove: (caller: string, id: string) => void
  /** An output item of any of the caller's responses. @throws ApiError 404 */
  readonly item: (caller: string, id: string) => OutputItem
}

const mostResponses = 1000
const mostCharacters = 32 * 2 ** 20

/** One store for each server, made when it is first asked for. */
const stores = new WeakMap<ServerParts, ResponseStore>()

export function responseStore(server: ServerParts): ResponseStore {
  const known = stores.get(server)
  if (known) return known
  const store = createResponseStore()
  stores.set(server, store)
  return store
}

interface Entry extends StoredResponse {
  readonly caller: string
  readonly characters: number
}

/** The oldest responses make way where there are too many or they are too large together. */
export function createResponseStore(limits = { responses: mostResponses, characters: mostCharacters }): ResponseStore {
  const entries = new Map<string, Entry>()
  let characters = 0

  const drop = (id: string): void => {
    characters -= entries.get(id)?.characters ?? 0
    entries.delete(id)
  }
  const find = (caller: string, id: string): Entry | undefined => {
    const entry = entries.get(id)
    return entry?.caller === caller ? entry : undefined
  }

  return {
    keep: (caller, stored) => {
      drop(stored.response.id)
      const entry = { ...stored, caller, characters: JSON.stringify(stored).length }
      entries.set(stored.response.id, entry)
      characters += entry.characters
      for (const id of entries.keys()) {
        if (entries.size <= limits.responses && characters <= limits.characters) break
        drop(id)
      }
    },
    get: (caller, id, param) => {
      const entry = find(caller, id)
      if (entry) return entry
      throw notKept(
        `There is no response ${JSON.stringify(id)}: it was not stored, or it has made way for newer ones.`,
        param,
      )
    },
    remove: (caller, id) => {
      if (find(caller, id)) drop(id)
    },
    item: (caller, id) => {
      for (const entry of entries.values()) {
        if (entry.caller !== caller) continue
        const item = entry.response.output.find((candidate) => candidate.id === id)
        if (item) return item
      }
      throw notKept(`There is no item ${JSON.stringify(id)} among the responses kept. Send the item itself.`, 'input')
    },
  }
}

function notKept(message: string, param: string): ApiError {
  return new ApiError(404, message, { code: 'response_not_found', param })
}
