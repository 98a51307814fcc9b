/** `ostro quantize` as a process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { openGguf } from '../formats/gguf/open-gguf.node.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
const model = fileURLToPath(new URL('../../test/golden/gemma3/model.gguf', import.meta.url))

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [program, 'quantize', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: code as number | null }
}

test('writes a smaller model, and says which tensors are of another type', async () => {
  await using folder = await temporaryFolder()
  const target = join(folder.path, 'small.gguf')
  const { stdout, stderr, code } = await run(model, target, '--type', 'q4_k')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/f32 -> q5_0 +49 tensors/) })
  expect(stderr).toMatch(/blk\.0\.\S+ and \d+ more: q5_0, since rows of 32 are no whole blocks/)
  expect(await readdir(folder.path)).toEqual(['small.gguf'])
  const [before, after] = [await openGguf(model), await openGguf(target)]
  expect([...after.metadata.keys()]).toEqual(expect.arrayContaining([...before.metadata.keys()]))
  expect(after.tensors.get('blk.0.attn_q.weight')?.type).toBe('q5_0')
  await Promise.all([before.close(), after.close()])
})

test('as JSON, over a file that may be replaced', async () => {
  await using folder = await temporaryFolder()
  const target = join(folder.path, 'small.gguf')
  await writeFile(target, 'precious')
  expect(await run(model, target, '--type', 'q8_0')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--force'),
  })
  expect(await readFile(target, 'utf8')).toBe('precious')
  const { stdout, stderr, code } = await run(model, target, '--type', 'Q8_0', '--force', '--json', '--threads', '1')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const result = JSON.parse(stdout) as { tensors: unknown[] }
  expect(result).toMatchObject({ path: target, type: 'q8_0' })
  expect(result.tensors).toContainEqual(
    expect.objectContaining({ name: 'token_embd.weight', from: 'f32', to: 'q8_0', reason: 'wanted' }),
  )
})

test.each([
  [['in.gguf', 'out.gguf', '--type', 'q9'], 2, 'q4_k'],
  [['in.gguf', 'out.gguf', '--type', 'q8_0', '--threads', '0'], 2, '--threads'],
  [['in.gguf', 'out.gguf', '--type', 'q8_0'], 3, 'no such file'],
  [[model, model, '--type', 'q8_0', '--force'], 2, 'two different files'],
])('%j exits with %i', async (args, expected, message) => {
  const { code, stderr } = await run(...args)
  expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(message) })
})

test('leaves nothing behind where it cannot write', async () => {
  const { code, stderr } = await run(model, '/nowhere/at/all.gguf', '--type', 'q8_0')
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('cannot be written') })
})
