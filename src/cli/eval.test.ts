/** `ostro eval` as a process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
const model = fileURLToPath(new URL('../../test/golden/llama/model.gguf', import.meta.url))

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [program, 'eval', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: code as number | null }
}

const line = JSON.stringify({
  id: 'multiple_0',
  question: [[{ role: 'user', content: 'Add.' }]],
  function: [{ name: 'add', parameters: { type: 'dict', properties: {}, required: [] } }],
  ground_truth: [{ add: {} }],
})

test('prints a line per category that the folder has', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'multiple.jsonl'), `${line}\n${line}\n`)
  const asked = ['bfcl', '--data', folder.path, '--model', model, '--limit', '1', '--threads', '1', '--json']
  const { stdout, stderr, code } = await run(...asked)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  // The model's context holds 128 tokens, the worked examples alone are longer.
  expect(JSON.parse(stdout)).toMatchObject({ category: 'multiple', items: 1, right: 0, faults: { 'no-room': 1 } })
})

test.each([
  [['gsm8k'], 2, 'expected one of agents, bfcl'],
  [['bfcl', '--mode', 'magic'], 2, '--mode prompt, universal, native'],
  [['bfcl', '--category', 'exec'], 2, 'simple_python'],
  [['bfcl', '--data', '/nowhere'], 3, 'has no file'],
])('%j exits with %i', async (args, expected, message) => {
  const { code, stderr } = await run(...args)
  expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(message) })
})
