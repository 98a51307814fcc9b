/** What a server may do instead of answering, and what becomes of it. */
import { describe, expect, it } from 'vitest'
import { eventsOf } from '../../test/support/events-of.ts'
import { createEndpoint, type RemoteOptions } from './endpoint.ts'
import { remoteChat } from './remote-chat.ts'

const chunk = (text: string, finish?: string) =>
  `data: ${JSON.stringify({ choices: [{ delta: { content: text }, finish_reason: finish ?? null }] })}\n\n`
const whole = `${chunk('Hello', 'stop')}data: [DONE]\n\n`
const busy = (headers: Record<string, string> = { 'retry-after': '0' }, status = 429) => ({ status, headers })

/** A server that answers these in order, the last one for ever. */
function server(...answers: (string | ResponseInit)[]) {
  let calls = 0
  const answer = async (): Promise<Response> => {
    const next = answers[Math.min(calls++, answers.length - 1)]
    return typeof next === 'string' ? new Response(next) : new Response('busy', next)
  }
  return {
    calls: () => calls,
    options: { baseUrl: 'http://server.test/v1', model: 'm', fetch: answer as typeof fetch } satisfies RemoteOptions,
  }
}
const ask = (options: RemoteOptions, signal?: AbortSignal) =>
  eventsOf(remoteChat(options).chat([{ role: 'user', content: 'hi' }], signal === undefined ? {} : { signal }))

describe('a busy server', () => {
  it.each([429, 503])('is asked again after %d, twice', async (status) => {
    const patient = server(busy({ 'retry-after': '0' }, status), busy(), whole)
    expect((await ask(patient.options)).at(-1)).toMatchObject({ type: 'end', reason: 'stop' })
    expect(patient.calls()).toBe(3)
    const hopeless = server(busy({ 'retry-after': '0' }, status))
    await expect(ask(hopeless.options)).rejects.toMatchObject({ code: 'overloaded', fields: { status } })
    expect(hopeless.calls()).toBe(3)
  })

  it('is asked once where no tries are wanted, or it asks for too long a wait', async () => {
    const once = server(busy(), whole)
    await expect(ask({ ...once.options, retries: 0 })).rejects.toMatchObject({ code: 'overloaded' })
    const slow = server(busy({ 'retry-after': '3600' }), whole)
    await expect(ask(slow.options)).rejects.toMatchObject({ code: 'overloaded' })
    expect([once.calls(), slow.calls()]).toEqual([1, 1])
  })

  it('may name a date, which is taken by its own clock', async () => {
    const date = 'Wed, 25 Nov 2026 10:00:00 GMT'
    const now = server(busy({ 'retry-after': date, date }), whole)
    expect(await ask(now.options)).toHaveLength(2)
    const later = server(busy({ 'retry-after': 'Wed, 25 Nov 2026 11:00:00 GMT', date }), whole)
    await expect(ask(later.options)).rejects.toMatchObject({ code: 'overloaded' })
  })

  it('is not waited for when the signal fires', async () => {
    const stop = new AbortController()
    const slow = server(busy({ 'retry-after': '20' }))
    const answer = ask(slow.options, stop.signal)
    await expect.poll(slow.calls).toBe(1)
    stop.abort()
    await expect(answer).rejects.toMatchObject({ code: 'aborted' })
  })

  it('is not asked again after other refusals', async () => {
    const broken = server({ status: 500 }, whole)
    await expect(ask(broken.options)).rejects.toMatchObject({ code: 'network', fields: { status: 500 } })
    expect(broken.calls()).toBe(1)
  })
})

it('that is given too long a prompt says so', async () => {
  const answer = async () => Response.json({ error: { code: 'context_length_exceeded' } }, { status: 400 })
  const options = { ...server(whole).options, fetch: answer as typeof fetch }
  await expect(ask(options)).rejects.toMatchObject({ code: 'context-overflow' })
})

describe('a stream', () => {
  it.each([
    ['is cut', chunk('Hel'), 'ended before its answer'],
    ['is empty', '', 'ended before its answer'],
    ['has an event that is cut', `${chunk('Hel')}data: {"choices":[{"delta"\n\ndata: [DONE]\n\n`, 'no JSON'],
    ['has an error', `${chunk('Hel')}data: {"error":{"message":"engine died"}}\n\n`, 'engine died'],
  ])('that %s is an error, not a short answer', async (_, body, message) => {
    const events: unknown[] = []
    const run = eventsOf(remoteChat(server(body).options).chat([{ role: 'user', content: 'hi' }]), events as never[])
    await expect(run).rejects.toMatchObject({ code: 'network', message: expect.stringContaining(message) as string })
    expect(events.every((event) => (event as { type: string }).type !== 'end')).toBe(true)
  })

  it('may end without its marker once the answer has', async () => {
    expect((await ask(server(chunk('Hello', 'stop')).options)).at(-1)).toMatchObject({ reason: 'stop' })
  })

  it('hands on what came before it was cut', async () => {
    const events: unknown[] = []
    const stream = createEndpoint(server(chunk('Hel')).options).stream('/chat/completions', {})
    await expect(eventsOf(stream, events as never[])).rejects.toThrow()
    expect(events).toHaveLength(1)
  })
})
