/** A server with a scripted model in a process of its own, for load: what a request says is what its answer does. */
import { createApp } from '../../src/server/app.ts'
import { listen } from '../../src/server/node.ts'
import type { ServerLimits } from '../../src/server/server-parts.ts'
import type { ChatEvent } from '../../src/tools/chat-model.ts'
import { scriptedModel, scriptedPool } from './scripted-model.ts'

/** The content of a request's one message, as JSON. */
export interface LoadScript {
  readonly tokens: number
  readonly msPerToken: number
  /** `time`: each token is the moment of its making, in microseconds of the machine's clock; a text: each token is that. */
  readonly token: 'time' | { readonly text: string }
}

export interface LoadStats {
  readonly rssBytes: number
  /** What the program really holds: the rest of its memory is room that the engine keeps for garbage. */
  readonly heapBytes: number
  readonly activeAnswers: number
  /** Timers and sockets that keep the process alive. */
  readonly resources: number
  readonly longestLoopLagMs: number
}

const limits = JSON.parse(process.argv[2]) as Partial<ServerLimits>
const model = scriptedModel({ answer: ({ messages }) => play(JSON.parse(String(messages?.[0].content)) as LoadScript) })
// A record of every call would look like a leak of the server's.
model.calls.push = () => 0
const app = createApp({ models: scriptedPool(model), limits })
const server = await listen({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 })

let longestLoopLagMs = 0
let lastTick = performance.now()
setInterval(() => {
  const now = performance.now()
  longestLoopLagMs = Math.max(longestLoopLagMs, now - lastTick - 10)
  lastTick = now
}, 10).unref()

process.on('message', () => {
  globalThis.gc?.()
  const stats: LoadStats = {
    rssBytes: process.memoryUsage.rss(),
    heapBytes: process.memoryUsage().heapUsed,
    activeAnswers: model.active(),
    resources: process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap').length,
    longestLoopLagMs,
  }
  longestLoopLagMs = 0
  process.send?.(stats)
})
process.send?.({ port: server.port })

/** Tokens at fixed times from the start, so that a late one does not delay the others. */
async function* play({ tokens, msPerToken, token }: LoadScript): AsyncGenerator<ChatEvent> {
  const started = performance.now()
  for (let index = 0; index < tokens; index++) {
    const wait = started + (index + 1) * msPerToken - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    else if (index % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
    const text = token === 'time' ? ` ${process.hrtime.bigint() / 1000n}` : token.text
    yield { type: 'text-delta', text }
  }
}
