import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAdmission } from './admission.ts'

const never = new AbortController().signal
const limits = { concurrency: 1, queued: 100, queuedPerCaller: 100 }
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('the queue', () => {
  it('serves callers in turn: one request behind a hundred of another starts second', async () => {
    const { enter } = createAdmission(limits)
    const order: string[] = []
    const leave = await enter('first', never)
    for (const caller of [...Array.from({ length: 5 }, () => 'greedy'), 'modest']) {
      void enter(caller, never).then((done) => {
        order.push(caller)
        done()
      })
    }
    leave()
    await settle()
    expect(order).toEqual(['greedy', 'modest', 'greedy', 'greedy', 'greedy', 'greedy'])
  })

  it('refuses a caller beyond its share with 429 and everybody beyond the whole with 503', async () => {
    const { enter } = createAdmission({ concurrency: 1, queued: 3, queuedPerCaller: 2 })
    await enter('a', never)
    void enter('a', never)
    void enter('a', never)
    await expect(enter('a', never)).rejects.toMatchObject({ status: 429, retryAfterSeconds: 3 })
    void enter('b', never)
    await expect(enter('c', never)).rejects.toMatchObject({ status: 503 })
  })

  it('forgets who gives up waiting, and nobody else', async () => {
    const { enter, state } = createAdmission(limits)
    const leave = await enter('a', never)
    const giveUp = new AbortController()
    const given = enter('a', giveUp.signal)
    const next = enter('a', never)
    giveUp.abort(new Error('left'))
    await expect(given).rejects.toThrow('left')
    expect(state()).toEqual({ active: 1, waiting: 1 })
    leave()
    leave()
    ;(await next)()
    expect(state()).toEqual({ active: 0, waiting: 0 })
    await expect(enter('a', giveUp.signal)).rejects.toThrow('left')
  })

  it('never lets more in than it may, and loses nobody, in whatever order they come and go', async () => {
    const step = fc.record({ caller: fc.constantFrom('a', 'b', 'c'), act: fc.constantFrom('enter', 'leave', 'abort') })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, concurrency) => {
          const { enter, state } = createAdmission({ concurrency, queued: 10, queuedPerCaller: 6 })
          const inside: (() => void)[] = []
          const waiting = new Set<AbortController>()
          for (const { caller, act } of steps) {
            if (act === 'leave') inside.shift()?.()
            if (act === 'abort') [...waiting][0]?.abort(new Error('left'))
            if (act === 'enter') {
              const controller = new AbortController()
              waiting.add(controller)
              enter(caller, controller.signal)
                .then((leave) => inside.push(leave))
                .catch(() => {})
                .finally(() => waiting.delete(controller))
            }
            await settle()
            expect(state()).toEqual({ active: inside.length, waiting: waiting.size })
            expect(inside.length).toBeLessThanOrEqual(concurrency)
            expect(waiting.size === 0 || inside.length === concurrency).toBe(true)
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})
