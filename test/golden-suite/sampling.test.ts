/** Candidate sets and probabilities of the sampler against the oracle's logits processors. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSampler } from '../../src/generate/sampler.ts'
import type { SamplingOptions } from '../../src/util/generation.ts'
import { goldenRoot } from '../support/golden.ts'
import { describeFolder } from './support.ts'

interface SamplingCase {
  readonly name: string
  readonly logits: readonly number[]
  readonly previous: readonly number[]
  readonly parameters: SamplingOptions
  readonly kept: readonly number[]
  readonly probabilities: readonly number[]
}

const folder = join(goldenRoot, 'sampling')

describeFolder(folder, 'golden: sampling', () => {
  const info = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as {
    files: { cases: string }
    tolerance: { probabilities: { abs: number } }
  }
  const cases = JSON.parse(readFileSync(join(folder, info.files.cases), 'utf8')) as SamplingCase[]

  it.each(cases.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const got = createSampler(row.parameters).inspect(Float32Array.from(row.logits), row.previous)
    if (movedByOneAtTheLimit(row, got.tokens, info.tolerance.probabilities.abs)) return
    expect(new Set(got.tokens)).toEqual(new Set(row.kept))
    const byToken = new Map(got.tokens.map((token, place) => [token, got.probabilities[place]]))
    row.kept.forEach((token, place) => {
      expect(Math.abs((byToken.get(token) ?? NaN) - row.probabilities[place])).toBeLessThanOrEqual(
        info.tolerance.probabilities.abs,
      )
    })
  })
})

/** The case's excuse: a cut may move by one token where the cumulative probability is within the tolerance of the limit. */
function movedByOneAtTheLimit(row: SamplingCase, tokens: readonly number[], tolerance: number): boolean {
  const name = row.parameters.typicalP === undefined ? 'topP' : 'typicalP'
  const limit = row.parameters[name]
  if (limit === undefined || Math.abs(tokens.length - row.kept.length) !== 1) return false
  const [smaller, larger] = tokens.length < row.kept.length ? [tokens, row.kept] : [row.kept, tokens]
  if (!smaller.every((token) => larger.includes(token))) return false
  const { minP: _, ...others } = row.parameters
  const before = createSampler({ ...others, [name]: 1 }).inspect(Float32Array.from(row.logits), row.previous)
  const mass = before.tokens.reduce(
    (sum, token, at) => sum + (smaller.includes(token) ? before.probabilities[at] : 0),
    0,
  )
  return Math.abs(mass - limit) <= tolerance
}
