/** Starts the worker that a template runs in: a thread in Node, Bun and Deno, a web worker in a browser. */
import type { TemplateReply, TemplateRequest, TemplateWorker } from './template-protocol.ts'

/** `memoryBytes` binds where threads have limits; a web worker has none, there the time limit must do. */
export async function startTemplateWorker(memoryBytes: number): Promise<TemplateWorker> {
  if (typeof process !== 'undefined' && process.versions?.node !== undefined) {
    const { startNodeWorker } = await import('./worker-host.node.ts')
    return startNodeWorker(memoryBytes)
  }
  return startWebWorker()
}

function startWebWorker(): TemplateWorker {
  // Bundlers look for this very form, `new Worker(new URL(literal, import.meta.url))`.
  const worker = import.meta.url.endsWith('.ts')
    ? new Worker(new URL('./template-worker.ts', import.meta.url), { type: 'module' })
    : new Worker(new URL('./template-worker.js', import.meta.url), { type: 'module' })
  return {
    post: (request: TemplateRequest) => worker.postMessage(request),
    listen(onReply, onDeath) {
      worker.addEventListener('message', (event: MessageEvent<TemplateReply>) => onReply(event.data))
      worker.addEventListener('error', (event) => onDeath(event.message || 'its worker could not be started'))
    },
    hold: () => undefined,
    cpuMs: () => Promise.resolve(undefined),
    terminate: () => worker.terminate(),
  }
}
