/** Answers that are held to a form, by a model whose weights mean nothing: whatever it wants, the form is kept. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeRandomModels } from '../../test/support/random-models.ts'
import { tinyBaseModel } from '../../test/support/tiny-chat-model.ts'
import type { OutputFormat } from '../util/generation.ts'
import { load } from './load.ts'
import type { Model } from './model.ts'

const pattern = '(yes|no): [a-z]{2,6}( and [a-z]{2,6})*\\.'
const whole = new RegExp(`^(?:${pattern})$`, 'u')
const format: OutputFormat = { type: 'regex', pattern }

let folder: string
let base: Model
let chat: Model

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostro-format-'))
  base = await load(tinyBaseModel, { threads: 1 })
  chat = await load((await writeRandomModels(folder)).plain, { threads: 1 })
})

afterAll(async () => {
  await base.dispose()
  await chat.dispose()
  await rm(folder, { recursive: true })
})

describe('a format', () => {
  it('is complete at every budget, or nothing is said and the end is length', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, maxTokens) =>
        base.complete('abc', { format, maxTokens, seed: maxTokens, temperature: 1.5 }),
      ),
    )
    for (const [maxTokens, { text, reason, usage }] of answers.entries()) {
      expect(usage.generatedTokens).toBeLessThanOrEqual(maxTokens)
      if (reason === 'stop') expect(text).toMatch(whole)
      else expect([text, reason]).toEqual(['', 'length'])
    }
    expect(answers.filter(({ reason }) => reason === 'stop').length).toBeGreaterThan(20)
  })

  it('is valid JSON at every budget, told piece by piece', async () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 12 },
        ages: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 99 }, minItems: 1, maxItems: 4 },
      },
      required: ['ages'],
      additionalProperties: false,
    }
    const isValid = new Ajv().compile(schema)
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, maxTokens) =>
        base.complete('abc', { format: { type: 'json-schema', schema }, maxTokens, seed: maxTokens, temperature: 1.5 }),
      ),
    )
    for (const { text, reason } of answers) {
      if (reason === 'stop') expect([text, isValid(JSON.parse(text))]).toEqual([text, true])
      else expect([text, reason]).toEqual(['', 'length'])
    }
    expect(answers.filter(({ reason }) => reason === 'stop').length).toBeGreaterThan(40)
  })

  it('is kept by greedy answers, with filters and penalties, and with log-probabilities', async () => {
    for (const options of [
      { temperature: 0 },
      { temperature: 1, topK: 3, topP: 0.8, minP: 0.01 },
      { temperature: 0, noRepeatNgram: 2, repetitionPenalty: 1.5 },
      { temperature: 1, logprobs: 2 },
    ]) {
      const { text, reason, logprobs } = await base.complete('abc', { format, maxTokens: 60, seed: 3, ...options })
      expect([reason, whole.test(text)]).toEqual(['stop', true])
      if (logprobs !== undefined) expect(logprobs.map((entry) => entry.text).join('')).toBe(text)
    }
  })

  it('counts forced text as generated', async () => {
    const forced = 'the only answer'
    const { text, usage, reason } = await base.complete('abc', { format: { type: 'regex', pattern: forced } })
    expect([text, reason]).toEqual([forced, 'stop'])
    // This vocabulary has one token a letter.
    expect(usage.generatedTokens).toBe(forced.length)
  })

  it('is kept by the answer of a chat', async () => {
    let text = ''
    let reason = ''
    for await (const event of chat.chat([{ role: 'user', content: 'hi' }], { format, maxTokens: 50, seed: 1 })) {
      if (event.type === 'text-delta') text += event.text
      if (event.type === 'end') reason = event.reason
    }
    expect([reason, whole.test(text)]).toEqual(['stop', true])
    const told = await chat.render([{ role: 'user', content: 'hi' }], { format })
    expect(told).toContain(pattern)
  })
})
