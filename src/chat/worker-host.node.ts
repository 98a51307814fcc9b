/** Starts the template's worker thread with a memory limit. */
import { Worker } from 'node:worker_threads'
import type { TemplateReply, TemplateWorker } from './template-protocol.ts'

export function startNodeWorker(memoryBytes: number): TemplateWorker {
  const file = import.meta.url.endsWith('.ts') ? './template-worker.node.ts' : './template-worker.node.js'
  const megabytes = Math.max(16, Math.round(memoryBytes / 2 ** 20))
  const worker = new Worker(new URL(file, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 2, stackSizeMb: 2 },
    // Flags of the caller's process (inspectors, test runners) are not for a stranger's template.
    execArgv: process.execArgv.filter((flag) => flag.includes('strip-types') || flag.includes('disable-warning')),
    env: {},
    stdin: false,
  })
  return {
    post: (request) => worker.postMessage(request),
    listen(onReply, onDeath) {
      worker.on('message', (reply: TemplateReply) => onReply(reply))
      worker.on('error', (error: Error & { code?: string }) =>
        onDeath(
          error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `it used more than ${megabytes} MiB of memory` : error.message,
        ),
      )
      worker.on('exit', () => onDeath('its worker ended'))
    },
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    async cpuMs() {
      // Since Node 24.6; before that, wall time has to do.
      if (!('cpuUsage' in worker) || typeof worker.cpuUsage !== 'function') return undefined
      const usage: { user: number; system: number } = await worker.cpuUsage()
      return (usage.user + usage.system) / 1000
    },
    terminate: () => void worker.terminate(),
  }
}
