/** ostro serve: the HTTP interface and the chat page over the models on this machine. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultModelName, homeOf } from '../../hub/index.ts'
import { createKeyStore, hashKey, type KeyRecord } from '../../server/api-keys.ts'
import { createApp } from '../../server/app.ts'
import { createKeyReader } from '../../server/key-file.node.ts'
import { listen } from '../../server/node.ts'
import { createPageFiles } from '../../server/page-files.node.ts'
import type { LogRecord, ServerLimits } from '../../server/server-parts.ts'
import { OstroError } from '../../util/error.ts'
import { usage } from '../arguments.ts'
import { openTools, toolArgs } from '../agent-tools.ts'
import { defineCommand } from '../command.ts'
import { openMemory } from '../memory-file.ts'
import { count, loadArgs } from '../model-options.ts'
import type { Output } from '../output.ts'
import { localPool, upstreamPool } from '../served-models.ts'
import { version } from '../version.ts'

const defaultPort = 7878
/** Open answers get this long at the end; then they are cut. */
const drainMs = 25_000

export const keyFile = (): string => join(homeOf(), 'keys.json')

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: false, description: `Name, URI or path; default ${defaultModelName}` },
    upstream: {
      type: 'string',
      description: 'Serve the models of another server (http://host:8000/v1) with tools and formats of our own',
    },
    'upstream-tools': { type: 'boolean', description: 'Leave tools and formats to that server' },
    port: { type: 'string', description: `Default: the variable PORT, else ${defaultPort}; 0 takes a free one` },
    host: {
      type: 'string',
      description: 'Address to listen on; others than this machine need a key',
      default: '127.0.0.1',
    },
    alias: { type: 'string', description: 'Further names of the model, with commas between' },
    'allow-host': { type: 'string', description: 'Host names that requests may carry, with commas between' },
    'allow-origin': { type: 'string', description: 'Origins whose pages may use the server, with commas between' },
    concurrency: { type: 'string', description: 'Requests that compute at once; default 8' },
    queue: { type: 'string', description: 'Requests that wait; more are refused; default 128' },
    timeout: { type: 'string', description: 'Seconds that a request may take; default 600' },
    'run-tokens': { type: 'string', description: 'Tokens that one task or agent may spend; default 2000000' },
    'allow-sandbox': { type: 'boolean', description: 'Let requests run agents that execute code, in a sandbox' },
    ...toolArgs,
    'agent-memory': {
      type: 'string',
      description: 'File of what reflexion has learnt, or none (Default: of your account)',
    },
    memory: { type: 'string', description: 'MiB that loaded models may take together; default: half of what there is' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const host = args.host
    const port = portOf(args.port ?? process.env['PORT'])
    const keys = createKeyStore({ read: await keyReader(), alwaysRequired: !isLoopback(host) })
    await refuseOpenDoor(host)
    const pool =
      args.upstream === undefined
        ? await localPool(args, list(args.alias), output, signal)
        : upstreamPool(args.upstream, args)
    await using lent = await openTools(args)
    for (const { needsApproval, function: definition } of lent.tools) {
      if (needsApproval !== true) continue
      output.note(`Not lent to agents: ${definition.name} may change something. Name it in --allow-tools to lend it.`)
    }
    using memory = openMemory(args['agent-memory'])
    const draining = new AbortController()
    const app = createApp({
      models: pool,
      version: await version(),
      keys,
      limits: limitsOf(args),
      tools: lent.tools,
      memory,
      allowSandbox: args['allow-sandbox'] === true,
      allowedHosts: [...list(args['allow-host']), ...(isLoopback(host) ? [] : [host])],
      allowedOrigins: list(args['allow-origin']),
      page: createPageFiles(fileURLToPath(new URL('../../../studio/dist', import.meta.url))),
      draining: draining.signal,
      log: (record) => output.note(logLine(record)),
    })
    const server = await listen({ fetch: (request) => app.fetch(request), host, port })
    try {
      // Ready means that the first request is answered without a wait.
      const lease = await pool.acquire(undefined, signal)
      lease.release()
      for (const notice of lease.model.info.notices) output.note(notice)
      announce(output, { host, port: server.port, model: lease.id, needsKey: await keys.required() })
      await untilStopped(signal)
      output.note(`Stopping; ${server.open()} open answers may end within ${drainMs / 1000} s.`)
    } finally {
      draining.abort()
      await server.close({ withinMs: drainMs })
      await pool.close()
    }
  },
})

/** The key of the environment, for containers, and those of the file. */
async function keyReader(): Promise<() => Promise<readonly KeyRecord[]>> {
  const fromFile = createKeyReader(keyFile())
  const key = process.env['OSTRO_API_KEY']
  if (!key) return fromFile
  const record = { id: 'OSTRO_API_KEY', sha256: await hashKey(key), createdAt: new Date().toISOString() }
  return async () => [record, ...(await fromFile())]
}

/** @throws OstroError `invalid-argument` where strangers could reach a server that asks for no key */
async function refuseOpenDoor(host: string): Promise<void> {
  if (isLoopback(host)) return
  const read = await keyReader()
  if ((await read()).length > 0) return
  throw new OstroError(
    'invalid-argument',
    `serve: ${host} can be reached from other machines, and there is no API key. Make one with "ostro keys add NAME", or set OSTRO_API_KEY.`,
    { host },
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function announce(
  output: Output,
  { host, port, model, needsKey }: { host: string; port: number; model: string; needsKey: boolean },
): void {
  const wildcard = host === '0.0.0.0' || host === '::'
  const name = wildcard ? 'localhost' : host.includes(':') ? `[${host}]` : host
  const address = `http://${name}:${port}`
  const key = needsKey ? 'YOUR-KEY' : 'none'
  const header = needsKey ? ` -H 'Authorization: Bearer ${key}'` : ''
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Why is the sky blue?' }] })
  output.print(
    { address, model, needsKey },
    [
      `Ostro serves ${model} at ${address} (chat page) and ${address}/v1 (OpenAI interface). Ctrl-C stops it.`,
      '',
      `  curl ${address}/v1/chat/completions${header} -H 'content-type: application/json' -d '${body}'`,
      '',
      `  import OpenAI from 'openai'`,
      `  const client = new OpenAI({ baseURL: '${address}/v1', apiKey: '${key}' })`,
      `  const answer = await client.chat.completions.create(${body})`,
      '',
    ].join('\n'),
  )
}

/** Until Ctrl-C or SIGTERM. */
function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGTERM', stop)
      signal.removeEventListener('abort', stop)
      resolve()
    }
    process.on('SIGTERM', stop)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  })
}

function portOf(text: string | undefined): number {
  const port = count('port', text === '' ? undefined : text) ?? defaultPort
  if (port <= 65_535) return port
  throw usage(`expected a port from 0 to 65535, got ${port}`)
}

function limitsOf(args: {
  readonly concurrency?: string | undefined
  readonly queue?: string | undefined
  readonly timeout?: string | undefined
  readonly 'run-tokens'?: string | undefined
}): Partial<ServerLimits> {
  const concurrency = count('concurrency', args.concurrency)
  const queued = count('queue', args.queue)
  const seconds = count('timeout', args.timeout)
  const tokens = count('run-tokens', args['run-tokens'])
  if ([concurrency, seconds, tokens].includes(0)) {
    throw usage('--concurrency, --timeout and --run-tokens must be above 0')
  }
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(queued === undefined ? {} : { queued, queuedPerCaller: Math.max(1, Math.ceil(queued / 2)) }),
    ...(seconds === undefined ? {} : { deadlineMs: seconds * 1000 }),
    ...(tokens === undefined ? {} : { runBudget: { tokens } }),
  }
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]))
}

function logLine({ message, requestId, error }: LogRecord): string {
  const cause = error instanceof OstroError || !(error instanceof Error) ? undefined : error.stack
  return [requestId, message, cause].filter((part) => part !== undefined).join(' ')
}
