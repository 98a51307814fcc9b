/** Entry of the sandbox's thread. */
import { parentPort } from 'node:worker_threads'
import { execute } from './execute.ts'
import type { ExecutionRequest, SandboxReply } from './protocol.ts'

const reply = (message: SandboxReply): void => parentPort?.postMessage(message)

// The interpreter asks its host for the time zone; code has to give the same everywhere.
Date.prototype.getTimezoneOffset = () => 0

/**
 * The time that this thread has computed, so that on a busy machine the same code passes the same limit; wall time before Node 24.
 */
function computedMs(): number {
  if (!('threadCpuUsage' in process) || typeof process.threadCpuUsage !== 'function') return performance.now()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

async function answer(request: ExecutionRequest): Promise<void> {
  const report = await execute(request, computedMs, (outcome) => reply({ type: 'ended', outcome }))
  reply({ type: 'report', report })
}

parentPort?.on('message', (request: ExecutionRequest) => {
  answer(request).catch((error: unknown) => reply({ type: 'broken', message: String(error) }))
})
reply({ type: 'started' })
