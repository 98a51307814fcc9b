/** What the server carries: many streams, clients that leave, ten times too many requests, readers of a kilobyte a second. */
import { disconnects, overload, slowReaders, steadyStreams } from '../support/server-load.ts'

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`

export async function serverLoad(): Promise<boolean> {
  const verdicts: boolean[] = []
  const say = (holds: boolean, text: string): void => {
    verdicts.push(holds)
    console.log(`${holds ? 'holds' : 'FAILS'}  ${text}`)
  }

  const steady = await steadyStreams(200, 20, 30)
  say(
    steady.failures === 0 && steady.deliveryP99Ms <= 10 && steady.heapBytes <= 64 * 2 ** 20,
    `200 streams of 20 tokens/s for 30 s: ${steady.tokens} tokens, ${steady.failures} failures, delivery p50 ` +
      `${steady.deliveryP50Ms.toFixed(2)} ms, p99 ${steady.deliveryP99Ms.toFixed(2)} ms (at most 10), heap ${mib(steady.heapBytes)} (at most 64) of ${mib(steady.rssBytes)}`,
  )

  const left = await disconnects(1000, 1)
  say(
    left.changed === 0 && left.activeAfter === 0 && left.resourcesLeft === 0 && left.stopMs <= 150,
    `1,000 clients leave at random moments: ${left.changed} of 24 other streams changed, ${left.activeAfter} answers still ` +
      `computed, ${left.resourcesLeft} timers or sockets left, all stopped ${left.stopMs.toFixed(0)} ms after the last, memory +${mib(left.rssGrowthBytes)}`,
  )

  const loaded = await overload(20)
  say(
    loaded.broken === 0 && loaded.refusalP99Ms <= 50 && loaded.goodPerSecond >= 0.95 * loaded.bestPerSecond,
    `10 x overload for 20 s: ${loaded.goodPerSecond.toFixed(1)} answers/s against ${loaded.bestPerSecond.toFixed(1)} at best, ` +
      `${loaded.refused} refused with p99 ${loaded.refusalP99Ms.toFixed(1)} ms (at most 50), ${loaded.broken} broken`,
  )

  const slow = await slowReaders(50, 20)
  say(
    slow.rssGrowthBytes <= 64 * 2 ** 20 && slow.deliveryP99Ms <= 10,
    `50 readers of 1 kB/s for 20 s: memory +${mib(slow.rssGrowthBytes)} (at most 64), delivery to 20 others p99 ` +
      `${slow.deliveryP99Ms.toFixed(2)} ms, alone ${slow.aloneP99Ms.toFixed(2)} ms`,
  )
  return verdicts.every(Boolean)
}
