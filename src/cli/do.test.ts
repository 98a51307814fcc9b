/** `ostro do` as a process: what is wrong is told before a model is loaded. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { taskSteps } from '../tasks/steps/index.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))

async function run(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [program, 'do', ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: code as number | null }
}

test('lists every task of the registry', async () => {
  const { stdout, code } = await run(['--list'])
  expect(code).toBe(0)
  for (const { name, description } of taskSteps) expect(stdout).toContain(`${name.padEnd(11)}${description}`.trimEnd())
})

test('makes flags of the settings', async () => {
  const { stdout } = await run(['summarise', '--help'])
  expect(stdout).toMatch(/--max-words=.*Most words of the summary; default 120/)
  expect(stdout).toMatch(/--style=.*\(paragraph, bullets\)/)
})

test('tells where the lines of a file are its texts', async () => {
  const [many, one] = await Promise.all([run(['insights', '--help']), run(['sentiment', '--help'])])
  expect(many.stdout).toContain('of a single file each line is a text')
  expect(one.stdout).not.toContain('each line')
})

test.each([
  [['summarise', '-'], ' \n', 2, 'input-empty'],
  [['summarise', '--max-words', 'many', '-'], 'A text.', 2, '--max-words'],
  [['summarise', '--max-words', '1', '-'], 'A text.', 2, '--max-words: '],
  [['summarise', '--style', 'poem', '-'], 'A text.', 2, '--style: '],
  [['classify', '-'], 'A text.', 2, '--labels is needed: The labels to choose from'],
  [['sentiment', '--budget', 'words=3', '-'], 'A text.', 2, '--budget UNIT=LIMIT'],
  [['extract', '--schema', '{', '-'], 'A text.', 2, '--schema'],
  [['summarise', '/nowhere/at/all.txt'], '', 3, 'no such file'],
  [['sumarise', '-'], 'A text.', 2, 'did you mean summarise'],
])('%j exits with its reason', async (args, input, expected, message) => {
  const { code, stderr } = await run([...args, '--json'], input)
  expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(message) })
})
