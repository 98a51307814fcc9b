/** ostro keys: makes, lists and revokes the API keys of `ostro serve`. */
import { createKey, type KeyRecord } from '../../server/api-keys.ts'
import { changeKeys, readKeys } from '../../server/key-file.node.ts'
import { OstroError } from '../../util/error.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import type { Output } from '../output.ts'
import { keyFile } from './serve.ts'

export const command = defineCommand({
  args: {
    action: { type: 'positional', required: true, description: 'add, list or revoke' },
    name: { type: 'positional', required: false, description: 'Name of the key (add, revoke)' },
  },
  run: async ({ args: { action, name }, output }) => {
    switch (action) {
      case 'add':
        return add(keyName(name), output)
      case 'list':
        return list(output)
      case 'revoke':
        return revoke(keyName(name), output)
      default:
        throw usage(`expected add, list or revoke, got ${action}`)
    }
  },
})

async function add(name: string, output: Output): Promise<void> {
  const { key, record } = await createKey(name, new Date())
  await changeKeys(keyFile(), (records) => {
    if (!records.some(({ id }) => id === name)) return [...records, record]
    throw new OstroError('invalid-argument', `keys: there is a key ${name} already. Revoke it, or take another name.`, {
      name,
    })
  })
  output.note('The key is shown once and kept as a hash. From now on every request needs a key.')
  output.print({ name, key }, key)
}

async function list(output: Output): Promise<void> {
  const records = await readKeys(keyFile())
  if (records.length === 0) output.note('No keys: requests from this machine need none.')
  for (const { id, createdAt } of records) output.print({ name: id, createdAt }, `${id}  ${createdAt}`)
}

async function revoke(name: string, output: Output): Promise<void> {
  await changeKeys(keyFile(), (records) => {
    const kept = records.filter(({ id }: KeyRecord) => id !== name)
    if (kept.length < records.length) return kept
    throw new OstroError('not-found', `keys: there is no key ${name}. "ostro keys list" shows them.`, { name })
  })
  output.print({ name, revoked: true }, `revoked ${name}`)
}

/** @throws OstroError `invalid-argument` */
function keyName(name: string | undefined): string {
  if (name !== undefined && /^[\w.@-]{1,100}$/.test(name)) return name
  throw usage('expected a name of the key, of letters, digits and . _ - @')
}
