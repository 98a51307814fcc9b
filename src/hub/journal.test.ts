import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { openJournal } from './journal.ts'

test('keeps finished blocks, drops a torn line, starts anew for other bytes', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'journal')
  const first = await openJournal(path, 'a', 20)
  await first.mark(3)
  await first.mark(17)
  await first.close()
  // A process that died while it wrote "12".
  await appendFile(path, '1')
  const second = await openJournal(path, 'a', 20)
  expect([...second.done.keys()].filter((block) => second.done[block] === 1)).toEqual([3, 17])
  await second.mark(12)
  await second.close()
  await appendFile(path, '99\n-1\nx\n\n')
  const third = await openJournal(path, 'a', 20)
  expect([...third.done.keys()].filter((block) => third.done[block] === 1)).toEqual([3, 12, 17])
  await third.close()
  for (const [identity, count] of [
    ['b', 20],
    ['a', 21],
  ] as const) {
    const other = await openJournal(path, identity, count)
    expect(other.done.includes(1)).toBe(false)
    await other.close()
  }
})
