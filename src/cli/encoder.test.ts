/** `ostro embed` and `ostro rerank` as processes, on models of the golden set that get a vocabulary of letters. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldenRoot } from '../../test/support/golden.ts'
import { type TemporaryFolder, temporaryFolder } from '../../test/support/temporary.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
const letters = Array.from('abcdefghijklmnopqrstuvwxyz')
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...letters, ...letters.map((one) => `##${one}`)]

let folder: TemporaryFolder
let encoder: string
let ranker: string

beforeAll(async () => {
  folder = await temporaryFolder()
  ;[encoder, ranker] = await Promise.all(
    ['bert', 'bert-rerank'].map(async (name) => {
      const path = join(folder.path, name)
      for (const file of ['config.json', 'model.safetensors']) await cp(join(goldenRoot, name, file), join(path, file))
      await writeFile(join(path, 'vocab.txt'), vocabulary.join('\n'))
      return path
    }),
  )
})

afterAll(() => folder[Symbol.asyncDispose]())

async function run(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env['PATH'] } })
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const lines = stdout.trim().split('\n')
  return { lines, stderr, code: code as number | null }
}

describe('ostro embed', () => {
  it('prints a vector per text, given or from standard input', async () => {
    const given = await run(['embed', encoder, 'ab', 'c d', '--json', '--device', 'reference'])
    expect(given).toMatchObject({ code: 0, stderr: '' })
    const values = given.lines.map((line) => JSON.parse(line) as { index: number; text: string; embedding: number[] })
    expect(values.map(({ index, text: told }) => [index, told])).toEqual([
      [0, 'ab'],
      [1, 'c d'],
    ])
    expect(values[0]?.embedding).toHaveLength(32)
    const read = await run(['embed', encoder, '-', '--json', '--device', 'reference'], 'ab\r\n\nc d\n')
    expect(read.lines).toEqual(given.lines)
    const people = await run(['embed', encoder, 'ab'])
    expect(people.lines.join(' ')).toMatch(/^ab {3}(-?\d\.\d{4} ){6}\.\.\. \(32 values\)$/)
  })

  it('refuses what it cannot do', async () => {
    expect(await run(['embed', encoder])).toMatchObject({ code: 2 })
    const long = await run(['embed', encoder, letters.concat(letters).join(' ')])
    expect(long.stderr).toContain('text 0 has 54 tokens, the model reads 40')
    expect((await run(['embed', encoder, letters.concat(letters).join(' '), '--truncate'])).code).toBe(0)
    expect((await run(['run', encoder, 'hi'])).stderr).toContain('is an encoder')
  })
})

describe('ostro rerank', () => {
  it('prints the best documents first', async () => {
    const { lines, code } = await run(['rerank', ranker, 'q', 'a', 'b c', 'x', '--json', '--top', '2'])
    expect(code).toBe(0)
    const ranked = lines.map((line) => JSON.parse(line) as { score: number })
    expect(ranked).toHaveLength(2)
    expect(ranked[0]?.score).toBeGreaterThan(ranked[1]?.score ?? Infinity)
  })

  it('compares vectors only where asked', async () => {
    const { stderr, code } = await run(['rerank', encoder, 'q', 'a'])
    expect(code).not.toBe(0)
    expect(stderr).toContain("method: 'embedding'")
    expect((await run(['rerank', encoder, 'q', 'a', '--method', 'embedding'])).lines).toHaveLength(1)
    expect((await run(['rerank', encoder, 'q', 'a', '--method', 'cosine'])).code).toBe(2)
  })
})
