/** ostro translate as a process: a text, lines of standard input, JSON, refusals. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { writeTinyTranslator } from '../../test/support/tiny-translator.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))

async function run(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [program, 'translate', ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: code as number | null }
}

test('translates a text, or line by line', async () => {
  await using folder = await temporaryFolder()
  await writeTinyTranslator(folder.path, 'm2m100')
  const options = ['--from', 'en', '--to', 'fr', '--beams', '2', '--max-tokens', '8']

  const single = await run([folder.path, 'The model reads a file.', ...options])
  expect(single).toMatchObject({ code: 0, stderr: '' })
  expect(single.stdout).not.toBe('\n')

  const lines = await run([folder.path, '-', ...options], 'A file.\n\nThe model reads a file.\n')
  expect(lines.stdout.split('\n').slice(1)).toEqual(['', single.stdout.trimEnd(), ''])

  const json = await run([folder.path, '-', ...options, '--json'], 'A file.\n\nThe model reads a file.\n')
  const values = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(values).toHaveLength(2)
  expect(values[1]).toMatchObject({ source: 'The model reads a file.', text: single.stdout.trimEnd() })

  const foreign = await run([folder.path, 'Hello', '--from', 'en', '--to', 'xx'])
  expect(foreign.code).toBe(2)
  expect(foreign.stderr).toContain("'xx'")
})

test('refuses nothing', async () => {
  const { code, stderr } = await run(['nowhere', '-'], '\n')
  expect(code).toBe(2)
  expect(stderr).toContain('empty')
})
