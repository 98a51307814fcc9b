/** What the suites of the golden set share: model files, tolerances, and a program driven token by token. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bytesSource, readGguf, readSafetensors } from '../../src/formats/index.ts'
import { openModel } from '../../src/models/index.ts'
import type { OpenedModel } from '../../src/models/index.ts'
import { pageTokens } from '../../src/tensor/index.ts'
import type { Program } from '../../src/tensor/index.ts'
import { goldenF32 } from '../support/golden.ts'
import type { GoldenTensor } from '../support/golden.ts'

export interface Tolerance {
  readonly abs?: number
  readonly relMax?: number
}

/** Tests of one folder of the set; another set (`OSTRO_GOLDEN`) need not have it. */
export function describeFolder(folder: string, name: string, body: () => void): void {
  if (existsSync(folder)) describe(name, body)
  else it.skip(`${name}: not in this set`, () => undefined)
}

/** A suite that finds no folder of its kind is skipped by name, not empty. */
export function skipWithoutFolders(folders: readonly unknown[], kind: string): void {
  if (folders.length === 0) it.skip(`${kind}: not in this set`, () => undefined)
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

/** Greatest difference of two arrays; NaN where one is. */
export function greatestDifference(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let most = got.length === want.length ? 0 : NaN
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i] - want[i])
    if (!(difference <= most)) most = difference
  }
  return most
}

/** |got - want| <= abs + relMax * max|want|, the rule of the golden set. */
export function expectClose(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { abs = 0, relMax = 0 }: Tolerance,
  what: string,
): void {
  let largest = 0
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i]))
  expect(got.length, `${what}: length`).toBe(want.length)
  const difference = greatestDifference(got, want)
  recordDifference(what, difference)
  expect(difference, what).toBeLessThanOrEqual(abs + relMax * largest)
}

/** For `scripts/support-table.ts`, which names a file in OSTRO_RECORD: one line of JSON for each comparison. */
function recordDifference(what: string, difference: number): void {
  const file = process.env['OSTRO_RECORD']
  if (file === undefined) return
  appendFileSync(file, `${JSON.stringify({ test: expect.getState().currentTestName, what, difference })}\n`)
}

export async function openGoldenGguf(folder: string, context: number): Promise<OpenedModel> {
  const file = await readGguf(bytesSource(readFileSync(join(folder, 'model.gguf'))))
  return openModel({ format: 'gguf', metadata: file.metadata, tensors: file.tensors }, { context })
}

export async function openGoldenSafetensors(folder: string, configName: string, context: number): Promise<OpenedModel> {
  const file = await readSafetensors(bytesSource(readFileSync(join(folder, 'model.safetensors'))))
  const config = readJson<Record<string, unknown>>(join(folder, configName))
  return openModel({ format: 'safetensors', config, tensors: file.tensors }, { context })
}

/** Gives sequence `sequence` its own pages for all `length` positions, in a scattered order. */
export function mapPages({ caches }: Program, sequence: number, length: number): void {
  const needed = Math.ceil(length / pageTokens)
  caches.groups.forEach(({ pages }, group) => {
    for (let index = 0; index < needed; index++)
      caches.setPage(group, sequence, index, (pages - 1 - sequence - index) % pages)
  })
}

/** Runs tokens [start, end) of one sequence with outputs at every token; copies of the outputs. */
export function runTokens(
  program: Program,
  tokens: readonly number[],
  start: number,
  end: number,
  sequence = 0,
): Map<string, Float32Array> {
  const count = end - start
  const outputs = program.run({
    tokens: Int32Array.from(tokens.slice(start, end)),
    positions: Int32Array.from({ length: count }, (_, index) => start + index),
    sequences: new Int32Array(count).fill(sequence),
    rows: Int32Array.from({ length: count }, (_, index) => index),
  })
  return new Map([...outputs].map(([name, values]) => [name, values.slice()]))
}

/** Runs the sequence in pieces that end at `ends`, and joins the outputs. */
export function runInPieces(
  program: Program,
  tokens: readonly number[],
  ends: readonly number[],
): Map<string, Float32Array> {
  const joined = new Map<string, number[]>()
  let start = 0
  for (const end of ends) {
    for (const [name, values] of runTokens(program, tokens, start, end)) {
      const all = joined.get(name) ?? []
      for (const value of values) all.push(value)
      joined.set(name, all)
    }
    start = end
  }
  return new Map([...joined].map(([name, values]) => [name, Float32Array.from(values)]))
}

/** The states of sequence 0 against `state.n.KIND`. Some oracles keep the convolution's inputs as [C, K], the oldest column unused. */
export function expectStates(
  { states }: Program,
  expected: ReadonlyMap<string, GoldenTensor>,
  tolerance: Tolerance,
  what: string,
): void {
  for (const [key, { shape }] of expected) {
    const [, layer, kind] = /^state\.(\d+)\.(\w+)$/.exec(key) ?? []
    if (layer === undefined || kind === undefined) continue
    const index = states.specs.findIndex(({ name }) => name === `blk.${layer}.${kind}`)
    const got = states.read(index, 0)
    const want = goldenF32(expected, key)
    const [channels, kernel] = shape as [number, number]
    const transposed = (i: number): number => want[(i % channels) * kernel + Math.floor(i / channels) + 1]
    const isColumns = kind === 'conv' && got.length < want.length
    expectClose(got, isColumns ? Float32Array.from(got, (_, i) => transposed(i)) : want, tolerance, `${what}: ${key}`)
  }
}
