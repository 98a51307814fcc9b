/** `ostro index` and `ostro ask` as processes: by words, and with encoders of the golden set that get a vocabulary of letters. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldenRoot } from '../../test/support/golden.ts'
import { type TemporaryFolder, temporaryFolder } from '../../test/support/temporary.ts'
import { plainText } from './index-options.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
const letters = Array.from('abcdefghijklmnopqrstuvwxyz')
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...letters, ...letters.map((one) => `##${one}`)]

let folder: TemporaryFolder
let docs: string

beforeAll(async () => {
  folder = await temporaryFolder()
  docs = join(folder.path, 'docs')
  await mkdir(join(docs, 'deep'), { recursive: true })
  await writeFile(join(docs, 'bees.md'), '# Bees\n\nBees dance.\nThe dance tells where.\n')
  await writeFile(join(docs, 'deep', 'ships.txt'), 'Ships float.\n')
  await writeFile(join(docs, 'page.html'), '<p>Bees</p>')
  await writeFile(join(docs, 'image.png'), 'PNG')
  await writeFile(join(docs, 'latin1.txt'), Buffer.from([0x66, 0xfc, 0x72]))
})

afterAll(() => folder[Symbol.asyncDispose]())

async function run(...args: readonly string[]) {
  const env = { PATH: process.env['PATH'], OSTRO_HOME: join(folder.path, 'home') }
  const child = spawn(process.execPath, [program, ...args], { env })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: code as number | null }
}

/** Path of an encoder that reads letters. */
async function goldenEncoder(name: string): Promise<string> {
  const path = join(folder.path, name)
  for (const file of ['config.json', 'model.safetensors']) await cp(join(goldenRoot, name, file), join(path, file))
  await writeFile(join(path, 'vocab.txt'), vocabulary.join('\n'))
  return path
}

/** Texts and scores of lines of JSON. */
function linesOf(stdout: string) {
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly text: string; readonly score: number })
  return lines.map(({ text: own, score }) => [own, score])
}

describe('ostro index and ostro ask', () => {
  it('index, find, renew and remove, by words', async () => {
    const first = await run('index', docs, '--words')
    expect(first).toMatchObject({ code: 0 })
    expect(first.stdout).toMatch(/^2 documents added, 0 changed/)
    expect(first.stderr).toMatch(/page\.html: \.html is not read/)
    expect(first.stderr).toMatch(/latin1\.txt: not UTF-8/)
    expect(first.stderr).not.toMatch(/image\.png/)

    const found = await run('ask', 'Where does the dance lead?', '--sources-only', '--json')
    expect(JSON.parse(found.stdout)).toMatchObject({ n: 1, path: join(docs, 'bees.md'), firstLine: 3, lastLine: 4 })

    await writeFile(join(docs, 'bees.md'), '# Bees\n\nBees sleep.\n')
    await rm(join(docs, 'deep', 'ships.txt'))
    const again = await run('index', docs, '--words', '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ added: 0, changed: 1, unchanged: 0, removed: 1 })
    expect((await run('ask', 'ships dance', '--sources-only')).stdout).toBe('')

    expect(JSON.parse((await run('index', docs, '--remove', '--json')).stdout)).toMatchObject({ removed: 1 })
  }, 60_000)

  it('embed with the encoder that was named, and ask with it', async () => {
    const encoder = await goldenEncoder('bert')
    const file = join(folder.path, 'small.sqlite')
    const made = await run('index', docs, '--to', file, '--encoder', encoder, '--json')
    expect(JSON.parse(made.stdout)).toMatchObject({ embedded: 1 })
    const found = await run('ask', 'bees', '--index', file, '--sources-only', '--json')
    expect(JSON.parse(found.stdout)).toMatchObject({ n: 1, text: 'Bees sleep.' })
  }, 60_000)

  it('ask a cross-encoder which passages come first', async () => {
    const reranker = await goldenEncoder('bert-rerank')
    const texts = join(folder.path, 'texts')
    await mkdir(texts)
    const words = ['a b', 'c d', 'e f', 'g h']
    for (const [at, own] of words.entries()) await writeFile(join(texts, `${at}.txt`), `bee ${own}`)
    const file = join(folder.path, 'ranked.sqlite')
    expect(await run('index', texts, '--words', '--to', file)).toMatchObject({ code: 0 })
    const ranked = await run('rerank', reranker, 'bee', ...words.map((own) => `bee ${own}`), '--json')
    const found = await run('ask', 'bee', '--index', file, '--sources-only', '--reranker', reranker, '--json')
    expect(linesOf(found.stdout)).toEqual(linesOf(ranked.stdout))
    expect(linesOf(found.stdout)).toHaveLength(words.length)
  }, 60_000)

  it('say what is missing', async () => {
    expect(await run('ask', 'Why?', '--index', join(folder.path, 'none'))).toMatchObject({ code: 3 })
    expect(await run('index', join(folder.path, 'nowhere'))).toMatchObject({ code: 3 })
    const markup = await run('index', join(docs, 'page.html'), '--words')
    expect(markup).toMatchObject({ code: 1 })
    expect(markup.stderr).toMatch(/page\.html: \.html is not read; convert it/)
    const foreign = await run('index', docs, '--words', '--to', join(docs, 'bees.md'))
    expect(foreign).toMatchObject({ code: 1 })
    expect(foreign.stderr).toMatch(/is no database/)
  }, 60_000)
})

it('takes the controls out of texts for a terminal', () => {
  expect(plainText('a\u001b[31mred\u0007\r\n\tb\u202e')).toBe('a\ufffd[31mred\ufffd\ufffd\n\tb\ufffd')
})
