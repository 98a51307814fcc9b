/** `ostro serve` as a spawned program: what it prints, curl against it, keys, stopping. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { realModelPath } from '../support/models.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'
import { writeTinyChatModel } from '../support/tiny-chat-model.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const realModel = await realModelPath('smollm2')

let folder: TemporaryFolder
let tinyModel: string
const started: ChildProcess[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  tinyModel = join(folder.path, 'tiny.gguf')
  await writeTinyChatModel(tinyModel)
})
afterEach(async () => {
  const running = started.splice(0).filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
  await Promise.all(running.map((child) => [child.kill('SIGKILL'), once(child, 'exit')][1]))
})
afterAll(() => folder[Symbol.asyncDispose]())

interface Server {
  readonly child: ChildProcess
  readonly address: string
  readonly printed: () => string
  readonly exit: Promise<number | null>
}

/** Starts the server on a free port and waits until it is ready. */
async function serve(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Server> {
  const server = launch(['serve', '--port', '0', ...args], env)
  await expect.poll(server.printed, { timeout: 60_000, interval: 50 }).toMatch(/Ctrl-C stops it|refused/)
  const address = /http:\/\/\S+?:\d+/.exec(server.printed())?.[0] ?? ''
  return { ...server, address }
}

function launch(args: readonly string[], env: NodeJS.ProcessEnv = {}): Omit<Server, 'address'> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, OSTRO_HOME: folder.path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  }
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  return { child, printed: () => printed, exit }
}

async function ostro(...args: string[]): Promise<{ code: number | null; printed: string }> {
  const { exit, printed } = launch(args)
  return { code: await exit, printed: printed() }
}

async function curl(...args: string[]): Promise<string> {
  const child = spawn('curl', ['-sS', '--max-time', '120', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  await once(child, 'close')
  return out
}

const chat = (body: object) => JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], max_tokens: 8, ...body })
const dataOf = (stream: string) =>
  stream.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))

describe('a server with a tiny model', () => {
  it('prints its address and lines to paste, answers curl whole and as a stream with the same text', async () => {
    const server = await serve([tinyModel, '--alias', 'gpt-4o, other'])
    expect(server.printed()).toContain(`baseURL: '${server.address}/v1'`)
    const pasted = /curl .*/.exec(server.printed())?.[0] ?? ''
    expect(pasted).toContain(`${server.address}/v1/chat/completions`)
    const url = `${server.address}/v1/chat/completions`
    const whole = JSON.parse(await curl(url, '-d', chat({ temperature: 0 }))) as {
      model: string
      choices: { message: { content: string }; finish_reason: string }[]
    }
    expect(whole).toMatchObject({ model: 'tiny.gguf', choices: [{ finish_reason: 'length' }] })
    const events = dataOf(await curl('-N', url, '-d', chat({ temperature: 0, stream: true, model: 'gpt-4o' })))
    expect(events.pop()).toBe('[DONE]')
    const deltas = events.map((line) => JSON.parse(line) as { choices: { delta: { content?: string } }[] })
    expect(deltas.map(({ choices: [choice] }) => choice.delta.content ?? '').join('')).toBe(
      whole.choices[0].message.content,
    )
    expect(await curl(`${server.address}/`)).toContain('Ostro')
    expect(
      await curl('-o', '/dev/null', '-w', '%{http_code}', '--path-as-is', `${server.address}/../package.json`),
    ).toBe('404')
  })

  it('takes PORT from the environment, and names what is wrong with an address', async () => {
    const first = await serve([tinyModel])
    const port = new URL(first.address).port
    const second = launch(['serve', tinyModel], { PORT: port })
    expect(await second.exit).toBe(4)
    expect(second.printed()).toContain(`${port} is taken`)
    expect((await ostro('serve', tinyModel, '--port', '70000')).code).toBe(2)
  })

  it('on SIGTERM refuses new work, finishes what it began, and ends with 0', async () => {
    const server = await serve([tinyModel])
    const url = `${server.address}/v1/chat/completions`
    const body = chat({ stream: true, n: 8, max_tokens: 100, temperature: 0 })
    const response = await fetch(url, { method: 'POST', body })
    server.child.kill('SIGTERM')
    const text = await response.text()
    expect(dataOf(text).pop()).toBe('[DONE]')
    expect(await server.exit).toBe(0)
  })
})

describe('keys', () => {
  it('are made, needed, listed and revoked while the server runs; without one it is not for strangers', async () => {
    const open = await ostro('serve', tinyModel, '--host', '0.0.0.0', '--port', '0')
    expect([open.code, open.printed]).toEqual([2, expect.stringContaining('ostro keys add') as string])
    const server = await serve([tinyModel])
    const status = (...headers: string[]) =>
      curl(
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        ...headers.flatMap((header) => ['-H', header]),
        `${server.address}/v1/models`,
      )
    expect(await status()).toBe('200')
    const added = await ostro('keys', 'add', 'ada', '--json')
    const { key } = JSON.parse(added.printed) as { key: string }
    expect(await status()).toBe('401')
    expect(await status(`authorization: Bearer ${key}`)).toBe('200')
    expect((await ostro('keys', 'add', 'ada')).code).toBe(2)
    expect((await ostro('keys', 'list')).printed).toMatch(/^ada {2}\d{4}-/)
    expect((await ostro('keys', 'revoke', 'ada')).code).toBe(0)
    expect(await status(`authorization: Bearer ${key}`)).toBe('401')
    expect(await status()).toBe('401')
    expect((await ostro('keys', 'revoke', 'ada')).code).toBe(3)
  })

  it('of the environment opens a server to other machines', async () => {
    const server = await serve([tinyModel, '--host', '0.0.0.0'], { OSTRO_API_KEY: 'secret-of-a-container' })
    expect(server.printed()).toContain('Authorization: Bearer YOUR-KEY')
    expect(server.printed()).not.toContain('secret-of-a-container')
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', `${server.address}/v1/models`)).toBe('401')
    const models = await curl(`${server.address}/v1/models`, '-H', 'authorization: Bearer secret-of-a-container')
    expect(JSON.parse(models)).toMatchObject({ data: [{ id: 'tiny.gguf' }] })
  })
})

describe.skipIf(realModel === undefined)('SmolLM2 through curl', () => {
  it('knows the capital of France, counts tokens, and stops where it is told', async () => {
    const server = await serve([realModel ?? ''])
    const completion = await curl(
      `${server.address}/v1/completions`,
      '-d',
      JSON.stringify({ prompt: 'The capital of France is', max_tokens: 8, temperature: 0, stop: '.' }),
    )
    expect(JSON.parse(completion)).toMatchObject({ choices: [{ text: ' Paris', finish_reason: 'stop' }] })
    const question = { messages: [{ role: 'user', content: 'What is the capital of France? Answer in one sentence.' }] }
    const body = JSON.stringify({
      ...question,
      temperature: 0,
      max_tokens: 40,
      stream: true,
      stream_options: { include_usage: true },
    })
    const events = dataOf(await curl('-N', `${server.address}/v1/chat/completions`, '-d', body))
    expect(events.pop()).toBe('[DONE]')
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({
      choices: [],
      usage: { prompt_tokens: expect.any(Number) as number },
    })
    expect(events.join('')).toContain('Paris')
  })

  it('refuses a prompt that does not fit with both counts', async () => {
    const server = await serve([realModel ?? '', '--context', '128'])
    const reply = await curl(
      `${server.address}/v1/chat/completions`,
      '-d',
      chat({ messages: [{ role: 'user', content: 'word '.repeat(500) }] }),
    )
    const { error } = JSON.parse(reply) as { error: { code: string; message: string } }
    expect(error.code).toBe('context_length_exceeded')
    expect(error.message).toContain('128')
    expect(error.message).toMatch(/5\d\d/)
  })

  it('gets tools from a server in front of it that needs nothing of it but completions', async () => {
    const behind = await serve([realModel ?? ''])
    const front = await serve(['--upstream', `${behind.address}/v1`])
    const parameters = {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 7 } },
      required: ['city', 'days'],
      additionalProperties: false,
    }
    const body = {
      messages: [{ role: 'user', content: 'Weather in Paris for 3 days, please.' }],
      tools: [{ type: 'function', function: { name: 'forecast', description: 'Weather of a city', parameters } }],
      tool_choice: 'required',
      temperature: 0,
      max_tokens: 100,
    }
    const reply = JSON.parse(await curl(`${front.address}/v1/chat/completions`, '-d', JSON.stringify(body))) as {
      choices: { finish_reason: string; message: { tool_calls: { function: { name: string; arguments: string } }[] } }[]
    }
    const [{ finish_reason, message }] = reply.choices
    expect(finish_reason).toBe('tool_calls')
    const [{ function: call }] = message.tool_calls
    expect(call.name).toBe('forecast')
    const { city, days } = JSON.parse(call.arguments) as { city: unknown; days: number }
    expect([typeof city, Number.isInteger(days) && days >= 1 && days <= 7]).toEqual(['string', true])
  })
})
