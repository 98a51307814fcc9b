/** The process that one peer lives in: answers the calls of `peer-process.ts` until it is told to end. */
import type { Peer, PeerName } from './peer.ts'
import type { Call } from './peer-process.ts'

const creators: Record<PeerName, () => Promise<Peer>> = {
  ostro: async () => (await import('./ostro.ts')).ostro(),
  'node-llama-cpp': async () => (await import('./node-llama-cpp.ts')).nodeLlamaCpp(),
}

const name = process.argv[2] as PeerName
const peer = await creators[name]()

process.on('message', (call: Call) => {
  answer(call).then(
    (value) => process.connected && process.send?.({ id: call.id, value }),
    (cause: unknown) => process.send?.({ id: call.id, error: cause instanceof Error ? cause.message : String(cause) }),
  )
})
process.send?.({ id: 0, value: 'ready' })

async function answer(call: Call): Promise<unknown> {
  switch (call.method) {
    case 'load':
      return peer.load(...call.args)
    case 'prefill':
      return peer.prefill(...call.args)
    case 'decode':
      return peer.decode(...call.args)
    case 'residentBytes':
      return process.memoryUsage.rss()
    case 'dispose':
      await peer.dispose()
      process.disconnect()
  }
}
