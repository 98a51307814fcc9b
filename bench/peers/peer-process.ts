/** Runs a peer in a child process and calls it by messages, with a time limit for each call: an engine that spins is killed. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { LoadRequest, Peer, PeerName } from './peer.ts'

type Methods = Pick<Peer, 'load' | 'prefill' | 'decode'>
export type Call = { readonly id: number } & (
  | { readonly method: 'load'; readonly args: Parameters<Methods['load']> }
  | { readonly method: 'prefill'; readonly args: Parameters<Methods['prefill']> }
  | { readonly method: 'decode'; readonly args: Parameters<Methods['decode']> }
  | { readonly method: 'residentBytes' | 'dispose' }
)

export interface PeerProcess extends Methods, AsyncDisposable {
  readonly name: PeerName
  /** Resident memory of the whole process. */
  residentBytes(): Promise<number>
}

/** A call took longer than its limit; the process is gone. */
export class PeerTimeout extends Error {}

const callLimitMs = 180_000
const disposeLimitMs = 5_000

/** Starts the process; resolves when the engine's code is imported, before any model is loaded. */
export async function startPeer(name: PeerName): Promise<PeerProcess> {
  const child = fork(await (childProgram ??= writeChildProgram()), [name], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  })
  const caller = callsTo(child, name)
  await caller.ready
  return {
    name,
    load: async (request: LoadRequest) => void (await caller.call({ method: 'load', args: [request] })),
    prefill: async (tokens) => Number(await caller.call({ method: 'prefill', args: [tokens] })),
    decode: async (prompt, count) => Number(await caller.call({ method: 'decode', args: [prompt, count] })),
    residentBytes: async () => Number(await caller.call({ method: 'residentBytes' })),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = new Promise((resolve) => child.once('exit', resolve))
      const timer = setTimeout(() => child.kill('SIGKILL'), disposeLimitMs)
      child.send({ id: -1, method: 'dispose' })
      await exited
      clearTimeout(timer)
    },
  }
}

let childProgram: Promise<string> | undefined

/**
 * The child as plain JavaScript, inside the package so that it finds the built `ostro` by name: reading TypeScript would cost its process
 * tens of megabytes that no user of either engine pays. Answers its path.
 */
async function writeChildProgram(): Promise<string> {
  const folder = new URL('../../dist/bench-peers/', import.meta.url)
  await mkdir(folder, { recursive: true })
  for (const name of ['child', 'ostro', 'node-llama-cpp']) {
    const source = await readFile(new URL(`${name}.ts`, import.meta.url), 'utf8')
    const program = stripTypeScriptTypes(source).replaceAll(/(import\('\.\/[a-z-]+)\.ts'\)/g, "$1.js')")
    await writeFile(new URL(`${name}.js`, folder), program)
  }
  return fileURLToPath(new URL('child.js', folder))
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

function callsTo(child: ChildProcess, name: PeerName) {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (cause: Error) => void }>()
  let lastId = 0
  const expect = (id: number, what: string) =>
    new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        reject(new PeerTimeout(`${name}: ${what} took longer than ${callLimitMs / 1000} s, its process was ended`))
      }, callLimitMs)
      const settle =
        <T>(act: (value: T) => void) =>
        (value: T) => (clearTimeout(timer), waiting.delete(id), act(value))
      waiting.set(id, { resolve: settle(resolve), reject: settle(reject) })
    })
  child.on('message', (message: { id: number; value?: unknown; error?: string }) => {
    const entry = waiting.get(message.id)
    if (message.error === undefined) entry?.resolve(message.value)
    else entry?.reject(new Error(`${name}: ${message.error}`))
  })
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${name}: the process ended (${signal ?? code})`))
  })
  return {
    ready: expect(0, 'the start'),
    call(call: WithoutId<Call>): Promise<unknown> {
      lastId++
      const answer = expect(lastId, call.method)
      child.send({ id: lastId, ...call })
      return answer
    },
  }
}
