/**
 * Real models against the float32 oracle on their dequantised weights. The WebAssembly device rounds activations (to 8 bits, or 16 where
 * weights have 8), so it is held to the case's tolerance for `int8 activations`; the reference device to that for `float32 activations`.
 * This is the sample that runs with every test; `npm run proof -- real-models` runs everything.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { startHelperThread } from '../../src/devices/wasm/helper-thread.node.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { v8Compiler } from '../../src/devices/wasm/v8-compiler.node.ts'
import { goldenF32 } from '../support/golden.ts'
import { realModelOf, realModelPath } from '../support/models.ts'
import { openScorer, tokenizeWith } from '../support/ostro-scorer.ts'
import {
  measurePerplexity,
  measurePrompt,
  readRealModelCase,
  realModelCaseFolders,
} from '../support/real-model-case.ts'
import type { PromptDistance, Scorer } from '../support/real-model-case.ts'
import { skipWithoutFolders } from './support.ts'

/** Every other prompt of up to this many tokens, and one that is longer; all of them are the proof's. */
const sampleTokens = 128
const sampleChunks = 1

skipWithoutFolders(realModelCaseFolders(), 'real models')

for (const folder of realModelCaseFolders()) {
  const real = readRealModelCase(folder)
  const model = realModelOf(real.info.environment)
  const path = model && (await realModelPath(model))

  describe.skipIf(path === undefined)(`${real.info.case} on the WebAssembly device (int8 activations)`, () => {
    const tolerance = real.info.tolerance['int8 activations']
    const longer = real.prompts.find(({ tokens }) => tokens.length > sampleTokens)
    const short = real.prompts.filter(({ tokens }) => tokens.length <= sampleTokens)
    const prompts = [...short.filter((_, index) => index % 2 === 0), ...(longer === undefined ? [] : [longer])]
    let scorer: Scorer
    let distances: readonly PromptDistance[] = []

    beforeAll(async () => {
      const compilers = [v8Compiler()].filter((compiler) => compiler !== undefined)
      const device = createWasmDevice({ threads: 2, startHelperThread, compilers })
      const contextTokens = Math.max(
        real.info.perplexity.context,
        ...prompts.map(({ tokens, greedy }) => tokens.length + greedy.tokens.length),
      )
      scorer = await openScorer(path ?? '', device, { contextTokens })
    })
    afterAll(async () => {
      await scorer[Symbol.asyncDispose]()
    })

    it('chooses the tokens of the oracle along all its continuations', async () => {
      const measured: PromptDistance[] = []
      for (const prompt of prompts) measured.push(await measurePrompt(scorer, real, prompt))
      distances = measured
      const steps = distances.reduce((sum, distance) => sum + distance.steps, 0)
      const agreed = distances.reduce((sum, distance) => sum + distance.agreed, 0)
      expect(agreed / steps).toBeGreaterThanOrEqual(tolerance.top1AgreementForced.atLeast)
      for (const { name, largestGapMissed } of distances) {
        expect(largestGapMissed, name).toBeLessThan(tolerance.greedy.unlessGapBelow)
      }
    })

    it('gives probabilities close to those of the oracle after each prompt', () => {
      expect(distances.length).toBe(prompts.length)
      const kls = distances.map(({ kl }) => kl)
      expect(Math.max(...kls)).toBeLessThanOrEqual(tolerance.klLastPosition.max)
      expect(kls.reduce((sum, kl) => sum + kl, 0) / kls.length).toBeLessThanOrEqual(tolerance.klLastPosition.mean)
    })

    it(`has the perplexity of the oracle on the first ${sampleChunks} chunks of a book`, async () => {
      const tokens = await tokenizeWith(path ?? '', real.perplexityText)
      const { perplexity, oraclePerplexity } = await measurePerplexity(scorer, real, tokens, sampleChunks)
      expect(Math.abs(perplexity / oraclePerplexity - 1)).toBeLessThanOrEqual(tolerance.perplexity.relMax)
    })
  })

  describe.skipIf(path === undefined)(`${real.info.case} on the reference device (float32 activations)`, () => {
    const tolerance = real.info.tolerance['float32 activations']
    const [prompt] = real.prompts.toSorted((a, b) => a.tokens.length - b.tokens.length)

    it(`gives the logits of the oracle after the shortest prompt, ${prompt.name}`, async () => {
      const { length } = prompt.tokens
      const topIds = real.expected.get(`${prompt.name}.top.ids`)?.data as Int32Array
      const topLogits = goldenF32(real.expected, `${prompt.name}.top.logits`)
      await using scorer = await openScorer(path ?? '', createReferenceDevice(), {
        contextTokens: length,
        maxTokens: length,
      })
      await scorer.score(prompt.tokens, [{ index: length - 1, ids: 'all' }], (_, row) => {
        expect(row.best).toBe(topIds[0])
        topIds.forEach((id, index) => {
          expect(Math.abs(row.logit(id) - topLogits[index]), `token ${id}`).toBeLessThanOrEqual(tolerance.logits.abs)
        })
        const want = goldenF32(real.expected, `${prompt.name}.logsumexp`)[length - 1]
        expect(Math.abs(row.logsumexp() - want)).toBeLessThanOrEqual(tolerance.logsumexp.abs)
      })
    })
  })
}
