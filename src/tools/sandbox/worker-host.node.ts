/** Starts the sandbox's thread, without the caller's environment and input. */
import { Worker } from 'node:worker_threads'
import type { SandboxReply, SandboxWorker } from './protocol.ts'

export function startSandboxWorker(): SandboxWorker {
  const file = import.meta.url.endsWith('.ts') ? './sandbox-worker.node.ts' : './sandbox-worker.node.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    // What code in the sandbox allocates is in its WebAssembly memory; this is for what it says.
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
    // Flags of the caller's process (inspectors, test runners) are not for a stranger's code.
    execArgv: process.execArgv.filter((flag) => flag.includes('strip-types') || flag.includes('disable-warning')),
    env: {},
    stdin: false,
  })
  return {
    post: (request) => worker.postMessage(request),
    listen: (onReply, onDeath) => {
      worker.on('message', (reply: SandboxReply) => onReply(reply))
      worker.on('error', (error: Error) => onDeath(error.message))
      worker.on('exit', () => onDeath('its thread ended'))
    },
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    computedMs: async () => {
      // Since Node 24.6; before that, wall time has to do.
      if (!('cpuUsage' in worker) || typeof worker.cpuUsage !== 'function') return undefined
      const usage: { user: number; system: number } = await worker.cpuUsage()
      return (usage.user + usage.system) / 1000
    },
    terminate: () => void worker.terminate(),
  }
}
