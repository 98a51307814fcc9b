/** Entry of the sandbox's thread. */
import { parentPort } from 'node:worker_threads'
import { execute } from './execute.ts'
import type { ExecutionRequest, SandboxReply } from './protocol.ts'

const reply = (message: SandboxReply): void => parentPort?.postMessage(message)

// The interpreter asks its host for the time zone; code has to give the same everywhere.
Date.prototype.getTimezoneOffset = () => 0

async function answer(request: ExecutionRequest): Promise<void> {
  const report = await execute(
    request,
    () => performance.now(),
    (outcome) => reply({ type: 'ended', outcome }),
  )
  reply({ type: 'report', report })
}

parentPort?.on('message', (request: ExecutionRequest) => {
  answer(request).catch((error: unknown) => reply({ type: 'broken', message: String(error) }))
})
reply({ type: 'started' })
