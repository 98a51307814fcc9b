/** The loads that a server has to carry, as programs that tell what they saw; proofs run them in full, tests in small. */
import { createRandom } from '../../src/util/random.ts'
import { type LoadReply, percentile, startLoadServer } from './load-server.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export interface SteadyResult {
  readonly tokens: number
  readonly failures: number
  /** From the making of a token to its arrival at the client. */
  readonly deliveryP50Ms: number
  readonly deliveryP99Ms: number
  readonly rssBytes: number
  readonly heapBytes: number
}

/** Streams that run side by side, `tokensPerSecond` each. Their starts are spread over one second. */
export async function steadyStreams(streams: number, tokensPerSecond: number, seconds: number): Promise<SteadyResult> {
  await using server = await startLoadServer({ concurrency: streams })
  const delays: number[] = []
  const onText = (text: string, at: bigint): void => {
    const made = text.trim().split(' ').map(BigInt)
    for (const moment of made) delays.push(Number(at - moment) / 1000)
  }
  const script = { tokens: tokensPerSecond * seconds, msPerToken: 1000 / tokensPerSecond, token: 'time' } as const
  const replies = await Promise.all(
    Array.from({ length: streams }, async (_, index) => {
      await pause((index / streams) * 1000)
      return server.send(script, { onText: (text, at) => text !== '' && onText(text, at) }).done
    }),
  )
  const { rssBytes, heapBytes } = await server.stats()
  return {
    tokens: delays.length,
    failures: replies.filter(({ complete, status }) => !complete || status !== 200).length,
    deliveryP50Ms: percentile(delays, 0.5),
    deliveryP99Ms: percentile(delays, 0.99),
    rssBytes,
    heapBytes,
  }
}

export interface DisconnectResult {
  /** Streams of others that were not what they are alone. */
  readonly changed: number
  readonly activeAfter: number
  /** Timers and sockets more than before. */
  readonly resourcesLeft: number
  readonly rssGrowthBytes: number
  /** Longest time from the last client's leaving until no answer was computed any more. */
  readonly stopMs: number
}

/** Clients that leave at random moments: while they wait, before the first token, in the middle; a few others stay. */
export async function disconnects(count: number, seed: number): Promise<DisconnectResult> {
  const concurrency = 24
  await using server = await startLoadServer({ concurrency, queued: 1000, queuedPerCaller: 1000 }, { keepAlive: false })
  const random = createRandom(seed)
  const word = { text: ' word' }
  // Warm, so that what stays afterwards is what leaked.
  await Promise.all(Array.from({ length: 50 }, () => server.send({ tokens: 5, msPerToken: 1, token: word }).done))
  await pause(200)
  const before = await server.stats()
  const stayers = Array.from({ length: 8 }, async () => {
    const texts: string[] = []
    while (texts.length < 3) texts.push((await server.send({ tokens: 200, msPerToken: 5, token: word }).done).text)
    return texts
  })
  const waves = 10
  for (let wave = 0; wave < waves; wave++) {
    const leavers = Array.from({ length: count / waves }, async () => {
      const sent = server.send({ tokens: 10_000, msPerToken: 5, token: word }, { stream: random.float() < 0.7 })
      setTimeout(sent.leave, random.float() * 300)
      await sent.done.catch(() => {})
    })
    await Promise.all(leavers)
  }
  const texts = (await Promise.all(stayers)).flat()
  const stopped = performance.now()
  while ((await server.stats()).activeAnswers > 0 && performance.now() - stopped < 5000) await pause(5)
  const stopMs = performance.now() - stopped
  await pause(200)
  const after = await server.stats()
  return {
    changed: texts.filter((text) => text !== word.text.repeat(200)).length,
    activeAfter: after.activeAnswers,
    resourcesLeft: after.resources - before.resources,
    rssGrowthBytes: after.rssBytes - before.rssBytes,
    stopMs,
  }
}

export interface OverloadResult {
  readonly bestPerSecond: number
  readonly goodPerSecond: number
  readonly refused: number
  readonly refusalP99Ms: number
  /** Neither answered nor refused as it should be. */
  readonly broken: number
}

/** Requests at ten times the rate that the server can carry, against the best that it can. */
export async function overload(seconds: number): Promise<OverloadResult> {
  const concurrency = 8
  const serviceMs = 100
  await using server = await startLoadServer({ concurrency, queued: 16, queuedPerCaller: 16 })
  const script = { tokens: 1, msPerToken: serviceMs, token: { text: 'x' } } as const
  const ask = () => server.send(script, { stream: false }).done
  const untilMs = (from: number) => from + seconds * 1000
  // The best: as many clients as places and a few more, each asking again at once.
  let best = 0
  const bestUntil = untilMs(performance.now())
  await Promise.all(
    Array.from({ length: concurrency * 2 }, async () => {
      while (performance.now() < bestUntil) if ((await ask()).status === 200) best++
    }),
  )
  const perSecond = (10 * concurrency * 1000) / serviceMs
  const replies: Promise<LoadReply | undefined>[] = []
  const started = performance.now()
  while (performance.now() < untilMs(started)) {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
    while (replies.length < due) replies.push(ask().catch(() => undefined))
    await pause(5)
  }
  const all = await Promise.all(replies)
  const took = (performance.now() - started) / 1000
  const refused = all.filter((reply) => reply?.status === 429 || reply?.status === 503)
  const good = all.filter((reply) => reply?.status === 200)
  return {
    bestPerSecond: best / seconds,
    goodPerSecond: good.length / took,
    refused: refused.length,
    refusalP99Ms: percentile(
      refused.map((reply) => reply?.milliseconds ?? NaN),
      0.99,
    ),
    broken: all.length - good.length - refused.filter((reply) => reply?.retryAfter !== undefined).length,
  }
}

export interface SlowReaderResult {
  readonly rssGrowthBytes: number
  /** Of streams that are read as they come, beside the slow ones. */
  readonly deliveryP99Ms: number
  readonly aloneP99Ms: number
}

/** Readers that take a kilobyte a second of streams that make far more. */
export async function slowReaders(count: number, seconds: number): Promise<SlowReaderResult> {
  await using server = await startLoadServer({ concurrency: count + 20 })
  const measure = async (): Promise<number> => {
    const delays: number[] = []
    const onText = (text: string, at: bigint): void => {
      for (const moment of text.trim().split(' ')) if (moment !== '') delays.push(Number(at - BigInt(moment)) / 1000)
    }
    const script = { tokens: 20 * seconds, msPerToken: 50, token: 'time' } as const
    await Promise.all(Array.from({ length: 20 }, () => server.send(script, { onText }).done))
    return percentile(delays, 0.99)
  }
  const aloneP99Ms = await measure()
  const before = await server.stats()
  const script = { tokens: 1_000_000, msPerToken: 5, token: { text: 'x'.repeat(100) } } as const
  const slow = Array.from({ length: count }, () => server.send(script, { bytesPerSecond: 1000 }))
  for (const { done } of slow) done.catch(() => {})
  const deliveryP99Ms = await measure()
  const after = await server.stats()
  for (const { leave } of slow) leave()
  return { rssGrowthBytes: after.rssBytes - before.rssBytes, deliveryP99Ms, aloneP99Ms }
}
