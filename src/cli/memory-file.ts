/** Where agents of this account keep what they learn. */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openSqliteMemory } from '../agents/index.ts'
import { homeOf } from '../hub/index.ts'
import type { Memory } from '../tools/steps/trial-memory.ts'

/** @param file the account's by default; `none` for no memory @throws OstroError `store-unavailable` */
export function openMemory(file = join(homeOf(), 'memory.sqlite')): (Memory & Disposable) | undefined {
  if (file === 'none') return undefined
  mkdirSync(dirname(file), { recursive: true })
  return openSqliteMemory(file)
}
