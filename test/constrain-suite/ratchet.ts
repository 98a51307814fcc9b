/** The committed list of what is right: nothing in it may turn wrong. `RATCHET=update` rewrites it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Judgement } from '../../bench/schema-tests.ts'

/** Schema id -> how many of its instances are judged rightly. */
type Ratchet = Readonly<Record<string, number>>

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Ids that were right to a greater part than they are now. */
export function fallenBehind(name: string, judged: readonly Judgement[]): string[] {
  const file = `${folder}${name}.ratchet.json`
  if (process.env['RATCHET'] === 'update') {
    const right = Object.fromEntries(judged.filter((item) => item.right > 0).map((item) => [item.id, item.right]))
    writeFileSync(file, `${JSON.stringify(right, undefined, 2)}\n`)
  }
  if (!existsSync(file)) throw new Error(`${file} is missing. Make it with RATCHET=update.`)
  const known = JSON.parse(readFileSync(file, 'utf8')) as Ratchet
  const now = new Map(judged.map((item) => [item.id, item.right]))
  return Object.entries(known)
    .filter(([id, right]) => (now.get(id) ?? 0) < right)
    .map(([id, right]) => `${id}: ${now.get(id) ?? 0} right, was ${right}`)
}
