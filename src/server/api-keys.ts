/** API keys: random, shown once, kept as hashes. */
import type { KeyStore } from './access.ts'

export interface KeyRecord {
  /** Name that the operator gave it. */
  readonly id: string
  /** SHA-256 in hexadecimal. A key has 256 random bits, so there is nothing to guess and no salt is needed. */
  readonly sha256: string
  /** ISO 8601 */
  readonly createdAt: string
}

export interface NewKey {
  /** Told once and kept nowhere. */
  readonly key: string
  readonly record: KeyRecord
}

export async function createKey(id: string, createdAt: Date): Promise<NewKey> {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const key = `ostro-${base64Url(bytes)}`
  return { key, record: { id, sha256: await hashKey(key), createdAt: createdAt.toISOString() } }
}

export interface KeyStoreOptions {
  /** The keys that are valid now; asked at every request. */
  readonly read: () => Promise<readonly KeyRecord[]>
  /** A key is needed even while there are none. Default: once there was one. */
  readonly alwaysRequired?: boolean | undefined
}

export function createKeyStore({ read, alwaysRequired = false }: KeyStoreOptions): KeyStore {
  // Revoking the last key must shut the door, not open it.
  let required = alwaysRequired
  return {
    required: async () => {
      required ||= (await read()).length > 0
      return required
    },
    identify: async (key) => {
      const hash = await hashKey(key)
      let id: string | undefined
      for (const record of await read()) if (sameText(record.sha256, hash)) id = record.id
      return id
    },
  }
}

export async function hashKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Compares all characters whatever differs first. Both are hashes, so their length is no secret. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index)
  return difference === 0
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
