/** Measures two engines fairly: one run of each in turn, medians, and each at the thread count that suits it. */
import { median } from './figure.ts'
import type { LoadRequest, PeerName } from './peers/peer.ts'
import { type PeerProcess, PeerTimeout, startPeer } from './peers/peer-process.ts'

export interface Contestant {
  readonly name: PeerName
  readonly threads: number
  /** Median of the runs. */
  readonly value: number
  readonly runs: number
}

export interface Contest {
  readonly model: Omit<LoadRequest, 'threads'>
  /** Measures once; the higher the better. */
  readonly measure: (peer: PeerProcess) => Promise<number>
  readonly peers: readonly PeerName[]
  readonly threads: readonly number[]
  readonly runs: number
}

/** Answers one entry for each engine that could be measured; one that hangs or fails is left out, with a line on stderr. */
export async function interleave(contest: Contest): Promise<Contestant[]> {
  const entrants: { name: PeerName; threads: number; peer: PeerProcess; values: number[] }[] = []
  for (const name of contest.peers) {
    const best = await bestThreads(contest, name)
    if (best !== undefined) entrants.push({ name, ...best, values: [] })
  }
  try {
    for (let run = 0; run < contest.runs; run++) {
      for (const { peer, values } of entrants) values.push(await contest.measure(peer))
    }
  } finally {
    for (const { peer } of entrants) await peer[Symbol.asyncDispose]()
  }
  return entrants.map(({ name, threads, values }) => ({ name, threads, value: median(values), runs: values.length }))
}

/** Tries each thread count twice (the first run warms up) and keeps the process of the fastest. */
async function bestThreads(
  contest: Contest,
  name: PeerName,
): Promise<{ threads: number; peer: PeerProcess } | undefined> {
  let best: { threads: number; peer: PeerProcess; value: number } | undefined
  for (const threads of contest.threads) {
    const peer = await loaded(contest, name, threads)
    if (peer === undefined) continue
    const value = await attempt(async () => (await contest.measure(peer), contest.measure(peer)))
    const loser = value === undefined || (best !== undefined && best.value >= value) ? peer : best?.peer
    if (value !== undefined && loser !== peer) best = { threads, peer, value }
    await loser?.[Symbol.asyncDispose]()
  }
  return best
}

async function loaded(contest: Contest, name: PeerName, threads: number): Promise<PeerProcess | undefined> {
  return attempt(async () => {
    const peer = await startPeer(name)
    try {
      await peer.load({ ...contest.model, threads })
      return peer
    } catch (cause) {
      await peer[Symbol.asyncDispose]()
      throw cause
    }
  })
}

async function attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (cause) {
    const kind = cause instanceof PeerTimeout ? 'hung' : 'failed'
    console.error(`${kind}: ${cause instanceof Error ? cause.message : String(cause)}`)
    return undefined
  }
}
