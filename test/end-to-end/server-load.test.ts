/** The loads of the proof `server-load` in small: nothing fails, leaks or changes. Times are for the proof. */
import { expect, it } from 'vitest'
import { disconnects, overload, slowReaders, steadyStreams } from '../support/server-load.ts'

it('streams side by side lose no token', async () => {
  expect(await steadyStreams(40, 20, 2)).toMatchObject({ tokens: 40 * 20 * 2, failures: 0 })
})

it('clients that leave leave nothing behind', async () => {
  expect(await disconnects(100, 2)).toMatchObject({ changed: 0, activeAfter: 0, resourcesLeft: 0 })
})

it('requests beyond what it carries are answered or refused', async () => {
  const { broken, refused, goodPerSecond } = await overload(2)
  expect(broken).toBe(0)
  expect(refused).toBeGreaterThan(100)
  expect(goodPerSecond).toBeGreaterThan(0)
})

it('slow readers take little memory', async () => {
  expect((await slowReaders(10, 2)).rssGrowthBytes).toBeLessThan(64 * 2 ** 20)
})
