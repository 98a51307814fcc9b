/** `npm start` with the default model: what standard input is decides whether it serves or answers. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { realModelPath } from '../support/models.ts'

const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))
const model = await realModelPath('smollm2')

function launch(args: readonly string[], stdin: 'ignore' | 'pipe') {
  const child = spawn(process.execPath, [start, ...args], {
    env: { ...process.env, PORT: '0' },
    stdio: [stdin, 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  return { child, out: () => out, exit: once(child, 'exit').then(([code]) => code as number | null) }
}

describe.skipIf(model === undefined)('npm start', () => {
  it.each(['ignore', 'pipe'] as const)(
    'serves where nobody writes into it (%s), until it is told to stop',
    async (stdin) => {
      const { child, out, exit } = launch([], stdin)
      await expect.poll(out, { timeout: 300_000, interval: 100 }).toContain('Ctrl-C stops it')
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(out())?.[0]
      expect(await (await fetch(`${address}/health`)).json()).toEqual({ status: 'ok' })
      const page = await fetch(`${address}/`)
      expect(page.headers.get('content-type')).toContain('text/html')
      child.kill('SIGTERM')
      expect(await exit).toBe(0)
    },
  )

  it('answers one line each where prompts are piped in, and ends with 0', async () => {
    const { child, out, exit } = launch(['-t', '0', '-n', '8', '--json'], 'pipe')
    child.stdin?.end('What is the capital of France?\nName three primes.\n')
    expect(await exit).toBe(0)
    const prompts = out()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { prompt: string }).prompt)
    expect(prompts).toEqual(['What is the capital of France?', 'Name three primes.'])
  })
})
