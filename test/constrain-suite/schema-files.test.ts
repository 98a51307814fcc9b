/** Files of schemas with tests, as the benches take them with --data. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { maskbench } from '../../bench/maskbench.ts'
import { readSchemaTests } from '../../bench/schema-tests.ts'
import type { BenchOptions } from '../../bench/suite.ts'

const line = JSON.stringify({
  id: 'one',
  schema: '{"type":"string"}',
  tests: [
    ['"a"', true],
    ['1', false],
  ],
})
let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'ostro-schemas-'))))
afterAll(() => rm(folder, { recursive: true }))

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.jsonl`)
  await writeFile(path, content)
  return path
}

it.each([
  ['plain', line],
  ['with other line ends and blank lines', `\r\n${line}\r\n\n`],
  ['gzipped, whatever its name', gzipSync(line)],
])('are read %s', async (_how, content) => {
  expect(readSchemaTests(await file(content))).toEqual([JSON.parse(line)])
})

it.each([
  ['is no JSON', `${line}\nnope`, /:2: expected \{ id/],
  ['lacks its tests', '{"id":"y","schema":"{}"}', /:1: expected/],
  ['has a test without a verdict', '{"id":"y","schema":"{}","tests":[["1"]]}', /:1: expected/],
  ['has no line', '\n', /got no line/],
])('with a line that %s are refused by its number', async (_what, content, message) => {
  const path = await file(content)
  expect(() => readSchemaTests(path)).toThrow(
    expect.objectContaining({ code: 'invalid-file', message: expect.stringMatching(message) as string }),
  )
})

it('that are not there are refused by name', () => {
  expect(() => readSchemaTests(join(folder, 'none.jsonl'))).toThrow(/none\.jsonl: expected JSON lines/)
})

it('of one line are judged', async () => {
  const counts: unknown[] = []
  for await (const { figure, ours, unit } of maskbench({ data: await file(line) } as BenchOptions)) {
    if (unit === '') counts.push([figure, ours])
  }
  expect(counts).toEqual([
    ['maskbench schemas', 1],
    ['maskbench right', 1],
    ['maskbench refused', 0],
    ['maskbench unsound', 0],
    ['maskbench over-strict', 0],
    ['maskbench crashed', 0],
    ['maskbench over 1 s', 0],
  ])
})
