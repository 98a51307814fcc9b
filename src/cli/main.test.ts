/** The program as a process: exit codes, streams, JSON. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { hubFile, noise, startHubServer } from '../../test/support/hub-server.ts'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { commands } from './commands.ts'
import { exitCodeOf } from './exit-code.ts'
import { writeGguf } from '../formats/index.ts'
import { OstroError } from '../util/error.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const result = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [code]]) => {
      return { stdout, stderr, code: code as number | null }
    },
  )
  return { child, result }
}

const run = (args: readonly string[], env?: NodeJS.ProcessEnv) => start(args, env).result

test('explain works by hand, within the width, and as JSON', async () => {
  const { stdout, code } = await run(['explain', 'attention'], { COLUMNS: '70', NO_COLOR: '1' })
  expect(code).toBe(0)
  expect(stdout).toContain('27/46')
  expect(stdout.split('\n').filter((line) => line.length > 70)).toEqual([])
  expect(stdout).not.toContain('\u001b')
  const json = JSON.parse((await run(['explain', 'scan', '--json'])).stdout) as { topic: string; steps: unknown[] }
  expect([json.topic, json.steps.length > 3]).toEqual(['scan', true])
  await using folder = await temporaryFolder()
  const input = join(folder.path, 'input.json')
  await writeFile(input, JSON.stringify({ X: [[1]], WQ: [[1]], WK: [['1/2']], WV: [[3]] }))
  expect((await run(['explain', 'attention', '--input', input])).stdout).toContain('1/2')
  expect((await run(['explain', 'no-such-thing'])).code).not.toBe(0)
  expect((await run(['explain', 'attention', '--approximation', 'rough'])).code).toBe(2)
})

test('--help lists every command and the exit codes', async () => {
  const { stdout, code } = await run(['--help'])
  expect(code).toBe(0)
  for (const name of Object.keys(commands)) expect(stdout).toContain(`  ${name}`)
  expect(stdout).toContain('130 interrupted')
  expect((await run([])).code).toBe(2)
  expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+/)
})

test.each(Object.keys(commands))('%s --help explains its arguments', async (name) => {
  const { stdout, code } = await run([name, '--help'])
  expect(code).toBe(0)
  expect(stdout).toContain(`ostro ${name}`)
  expect(stdout).toContain('--json')
  expect(stdout).not.toContain('\u001b')
})

test.each([
  [['nonsense'], 2, 'unknown command'],
  [['pul', 'x'], 2, 'did you mean pull'],
  [['pull'], 2, 'MODEL'],
  [['pull', 'x', '--nonsense'], 2, '--nonsense'],
  [['pull', 'hf:x'], 2, 'hf:owner/repo/file'],
  [['pull', 'smollm2:135m', '--connections', '9'], 2, '1 to 8'],
  [['pull', 'gemma3:270m-base'], 2, '--accept-licence'],
  [['pull', 'nonsense'], 3, 'ls --all'],
  [['show', 'nonsense'], 3, 'nonsense'],
  [['rm', 'nonsense'], 3, 'nonsense'],
] as const)('%j exits with %i', async (args, expected, message) => {
  await using home = await temporaryFolder()
  const { stdout, stderr, code } = await run(args, { OSTRO_HOME: home.path })
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).not.toContain('    at ')
})

describe('with a hub', () => {
  const path = '/o/r/resolve/main/m.gguf'

  test('pull, ls, rm: lines and JSON', async () => {
    await using home = await temporaryFolder()
    await using server = await startHubServer(hubFile(path, noise(100_000)))
    const env = { OSTRO_HOME: home.path, HF_ENDPOINT: server.url }
    const pulled = await run(['pull', 'hf:o/r/m.gguf'], env)
    expect(pulled).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('m.gguf'),
      stderr: expect.stringContaining('100 %'),
    })
    const again = await run(['pull', 'hf:o/r/m.gguf', '--json'], env)
    expect(JSON.parse(again.stdout)).toMatchObject({ type: 'pull-end', cached: true })
    const listed = await run(['ls', '--json'], env)
    expect(JSON.parse(listed.stdout)).toMatchObject({ name: 'hf:o/r/m.gguf', sizeBytes: 100_000, present: true })
    expect((await run(['ls', '--all'], env)).stdout).toMatch(/hf:o\/r.*smollm2:135m/s)
    const removed = await run(['rm', 'hf:o/r/m.gguf', '--json'], env)
    expect(JSON.parse(removed.stdout)).toMatchObject({ name: 'hf:o/r/m.gguf' })
    expect(await run(['ls'], env)).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('No models') })
  })

  test('a network that is not there is 4, as JSON too', async () => {
    await using home = await temporaryFolder()
    const { code, stderr } = await run(['pull', 'hf:o/r/m.gguf', '--json'], {
      OSTRO_HOME: home.path,
      HF_ENDPOINT: 'http://127.0.0.1:9',
    })
    expect(code).toBe(4)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'network', exitCode: 4 } })
  })

  test('Ctrl-C is 130 and keeps what was downloaded', async () => {
    await using home = await temporaryFolder()
    await using server = await startHubServer(hubFile(path, noise(16 << 20), { pauseMs: 10 }))
    const env = { OSTRO_HOME: home.path, HF_ENDPOINT: server.url }
    const first = start(['pull', 'hf:o/r/m.gguf'], env)
    await once(first.child.stderr, 'data')
    first.child.kill('SIGINT')
    expect(await first.result).toMatchObject({ code: 130, stderr: expect.stringContaining('interrupted') })
    for (const served of server.files.values()) delete served.pauseMs
    expect(await run(['pull', 'hf:o/r/m.gguf'], env)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Resuming'),
    })
  })
})

test('show: metadata and tensors of a GGUF file', async () => {
  await using home = await temporaryFolder()
  const path = join(home.path, 'm.gguf')
  const metadata = new Map<string, string | number | string[]>([
    ['general.architecture', 'llama'],
    ['llama.block_count', 2],
    ['tokenizer.ggml.tokens', Array.from({ length: 20 }, (_, index) => `t${index}`)],
  ])
  const tensors = [
    { name: 'token_embd.weight', shape: [20, 32], type: 'f32' as const, data: () => [new Uint8Array(2560)] },
  ]
  await writeFile(path, writeGguf({ metadata, tensors }))
  const shown = await run(['show', path, '--tensors'])
  expect(shown.stdout).toMatch(/llama\.block_count +2\n/)
  expect(shown.stdout).toMatch(/token_embd\.weight +f32 +20 x 32 +2\.56 kB/)
  const { stdout, code } = await run(['show', path, '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    format: 'GGUF version 3',
    parameters: 640,
    types: { f32: 1 },
    metadata: { 'general.architecture': 'llama', 'tokenizer.ggml.tokens': { length: 20 } },
  })
})

test('a file that is not a model is 5', async () => {
  await using home = await temporaryFolder()
  await mkdir(home.path, { recursive: true })
  await writeFile(join(home.path, 'broken.gguf'), 'GGUF and then nothing')
  expect(await run(['show', join(home.path, 'broken.gguf')])).toMatchObject({ code: 5 })
})

test('exit codes of errors', () => {
  const codes = (
    ['not-found', 'network', 'invalid-file', 'integrity', 'out-of-memory', 'aborted', 'invalid-argument'] as const
  ).map((code) => {
    return exitCodeOf(new OstroError(code, 'x'))
  })
  expect(codes).toEqual([3, 4, 5, 5, 6, 130, 2])
  expect(exitCodeOf(new RangeError('Array buffer allocation failed'))).toBe(6)
  expect(exitCodeOf(new Error('x'))).toBe(1)
})
