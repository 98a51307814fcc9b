/** One way to the server for every endpoint: same origin, the user's key, errors as `ApiError`. */
import { responseError } from './error.ts'

const keyName = 'ostro.key'
const jsonHeaders = { 'content-type': 'application/json' }

let onKeyWanted: () => void = () => {}

/** Called whenever the server answers 401. */
export function whenKeyWanted(ask: () => void): void {
  onKeyWanted = ask
}

/** The key that requests carry; a remembered one stays in this browser, another goes with the tab. */
export function readKey(): string | undefined {
  return sessionStorage.getItem(keyName) ?? localStorage.getItem(keyName) ?? undefined
}

export function keepKey(key: string | undefined, remember: boolean): void {
  sessionStorage.removeItem(keyName)
  localStorage.removeItem(keyName)
  if (key) (remember ? localStorage : sessionStorage).setItem(keyName, key)
}

/** @throws {ApiError} Where the server answers with an error status. */
export async function request(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const key = readKey()
  const response = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body === undefined ? {} : jsonHeaders), ...(key ? { authorization: `Bearer ${key}` } : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  })
  if (response.status === 401) onKeyWanted()
  if (!response.ok) throw await responseError(response)
  return response
}
