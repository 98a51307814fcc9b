import { describe, expect, it } from 'vitest'
import { OstroError } from '../util/error.ts'
import type { GenerateOptions } from '../util/generation.ts'
import type { TextStream } from './answer.ts'
import { generate, type GenerateEvent } from './generate.ts'
import type { Stepper } from './stepper.ts'

/** A model whose next token is a function of all tokens so far; token 256 is the end. */
function scriptedStepper(next: (tokens: readonly number[]) => number, contextTokens = 64, chunkTokens = 4) {
  const held: number[] = []
  const runs: number[][] = []
  const logits = new Float32Array(257)
  const stepper: Stepper = {
    vocabularySize: 257,
    contextTokens,
    tokens: held,
    run: async (tokens, signal) => {
      if (signal?.aborted) throw new OstroError('aborted', 'scripted')
      const read = tokens.slice(0, chunkTokens)
      runs.push(read)
      held.push(...read)
      logits.fill(0)
      logits[next(held)] = 10
      return { readTokens: read.length, logits: read.length === tokens.length ? logits : undefined }
    },
    truncate: (length) => {
      held.length = length
      return length
    },
  }
  return { stepper, runs, held }
}

/** One token a byte; holds half a character back. */
function byteStream(): TextStream {
  const decoder = new TextDecoder()
  return {
    push: (token) => decoder.decode(Uint8Array.of(token), { stream: true }),
    flush: () => decoder.decode(),
  }
}

const bytes = (text: string): number[] => [...new TextEncoder().encode(text)]

/** Continues a prompt of `prompt.length` tokens with `answer`, then ends. */
const script = (promptLength: number, answer: string) => {
  const wanted = bytes(answer)
  return (tokens: readonly number[]): number => wanted[tokens.length - promptLength] ?? 256
}

async function collect(stepper: Stepper, prompt: readonly number[], options: GenerateOptions) {
  const events: GenerateEvent[] = []
  const input = { stepper, prompt, text: byteStream(), endTokens: new Set([256]) }
  for await (const event of generate(input, options)) events.push(event)
  const text = events.map((event) => ('text' in event ? event.text : '')).join('')
  const end = events.at(-1)
  if (end?.type !== 'end') throw new Error('the last event is not the end')
  return { events, text, end }
}

describe('generate', () => {
  const prompt = bytes('hello')

  it('reads the prompt piece by piece and ends at the end token', async () => {
    const { stepper, runs } = scriptedStepper(script(5, 'wörld'))
    const { text, end } = await collect(stepper, prompt, { temperature: 0 })
    expect(text).toBe('wörld')
    expect(runs.slice(0, 2)).toEqual([bytes('hell'), bytes('o')])
    expect(end).toEqual({
      type: 'end',
      reason: 'stop',
      usage: { promptTokens: 5, cachedTokens: 0, generatedTokens: 6 },
    })
  })

  it('never emits half a character', async () => {
    const { stepper } = scriptedStepper(script(5, 'a€b'))
    const { events } = await collect(stepper, prompt, { temperature: 0 })
    const texts = events.flatMap((event) => (event.type === 'token' ? [event.text] : []))
    expect(texts).toEqual(['a', '', '', '€', 'b'])
  })

  it('stops at a stop string across tokens and hides it', async () => {
    const { stepper } = scriptedStepper(script(5, 'one STOP two'))
    const { text, end } = await collect(stepper, prompt, { temperature: 0, stop: ['STOP'] })
    expect(text).toBe('one ')
    expect(end.reason).toBe('stop')
  })

  it('gives back a held start of a stop string when the answer ends', async () => {
    const { stepper } = scriptedStepper(script(5, 'one STO'))
    const { text } = await collect(stepper, prompt, { temperature: 0, stop: ['STOP'] })
    expect(text).toBe('one STO')
  })

  it('ends with length at maxTokens and at a full context', async () => {
    const short = await collect(scriptedStepper(script(5, 'abcdef')).stepper, prompt, { temperature: 0, maxTokens: 3 })
    expect([short.text, short.end.reason]).toEqual(['abc', 'length'])
    const full = await collect(scriptedStepper(script(5, 'abcdef'), 7).stepper, prompt, { temperature: 0 })
    expect([full.text, full.end.reason]).toEqual(['ab', 'length'])
    const none = await collect(scriptedStepper(script(5, 'abc')).stepper, prompt, { temperature: 0, maxTokens: 0 })
    expect([none.text, none.end.reason]).toEqual(['', 'length'])
  })

  it('refuses a prompt that does not fit and names both counts', async () => {
    const { stepper } = scriptedStepper(script(5, 'abc'), 5)
    await expect(collect(stepper, prompt, {})).rejects.toMatchObject({
      code: 'context-overflow',
      fields: { promptTokens: 5, contextTokens: 5 },
    } satisfies Partial<OstroError>)
  })

  it('refuses an empty prompt, foreign tokens and options out of range', async () => {
    const { stepper } = scriptedStepper(script(5, 'abc'))
    for (const [tokens, options] of [
      [[], {}],
      [[999], {}],
      [prompt, { topP: 0 }],
      [prompt, { maxTokens: -1 }],
      [prompt, { logprobs: 0.5 }],
    ] as const) {
      await expect(collect(stepper, tokens, options)).rejects.toMatchObject({ code: 'invalid-argument' })
    }
  })

  it('runs only what the sequence does not hold yet, and the last token again', async () => {
    const { stepper, runs, held } = scriptedStepper(script(5, 'ab'))
    await collect(stepper, prompt, { temperature: 0 })
    expect(held).toEqual(bytes('helloab'))
    runs.length = 0
    const again = await collect(stepper, prompt, { temperature: 0 })
    expect(runs[0]).toEqual(bytes('o'))
    expect(again.text).toBe('ab')
    expect(again.end.usage.cachedTokens).toBe(4)
    runs.length = 0
    const other = await collect(stepper, bytes('help!'), { temperature: 0, maxTokens: 1 })
    expect(runs[0]).toEqual(bytes('p!'))
    expect(other.end.usage.cachedTokens).toBe(3)
  })

  it('starts over where the state can go back to a checkpoint only', async () => {
    const scripted = scriptedStepper(script(5, 'ab'))
    const stepper: Stepper = {
      ...scripted.stepper,
      truncate: (length) => scripted.stepper.truncate(Math.floor(length / 3) * 3),
    }
    await collect(stepper, prompt, { temperature: 0 })
    const again = await collect(stepper, prompt, { temperature: 0 })
    expect(again.end.usage.cachedTokens).toBe(3)
    expect(again.text).toBe('ab')
  })

  it('stops within one chunk and within one step of the signal', async () => {
    const duringPrefill = new AbortController()
    const long = scriptedStepper(script(40, 'abc'))
    const input = {
      stepper: long.stepper,
      prompt: new Array<number>(40).fill(1),
      text: byteStream(),
      endTokens: new Set([256]),
    }
    const reasons: string[] = []
    for await (const event of generate(input, { signal: duringPrefill.signal })) {
      duringPrefill.abort()
      if (event.type === 'end') reasons.push(event.reason)
    }
    expect(long.runs.length).toBe(1)

    const duringSteps = new AbortController()
    const steps = scriptedStepper(() => 65)
    const second = { stepper: steps.stepper, prompt, text: byteStream(), endTokens: new Set([256]) }
    let tokens = 0
    for await (const event of generate(second, { signal: duringSteps.signal })) {
      if (event.type === 'token' && ++tokens === 3) duringSteps.abort()
      if (event.type === 'end') reasons.push(event.reason)
    }
    expect(tokens).toBe(3)
    expect(reasons).toEqual(['aborted', 'aborted'])
  })

  it('reports exact log-probabilities', async () => {
    const { stepper } = scriptedStepper(script(5, 'a'))
    const { events } = await collect(stepper, prompt, { temperature: 0, logprobs: 2 })
    const first = events.find((event) => event.type === 'token')
    const normaliser = Math.log(Math.exp(10) + 256)
    expect(first?.logprobs?.logprob).toBeCloseTo(10 - normaliser, 12)
    expect(first?.logprobs?.top.map((entry) => entry.token)).toEqual([97, 0])
    expect(first?.logprobs?.top[1].logprob).toBeCloseTo(-normaliser, 12)
  })

  it('gives the same text for the same seed and another for another', async () => {
    const flat: Stepper = {
      ...scriptedStepper(() => 65).stepper,
      run: async (tokens) => ({ readTokens: tokens.length, logits: new Float32Array(257) }),
    }
    const draw = async (seed: number): Promise<string> =>
      (await collect(flat, prompt, { seed, maxTokens: 32, logitBias: { 256: -Infinity } })).text
    expect(await draw(1)).toBe(await draw(1))
    expect(await draw(1)).not.toBe(await draw(2))
  })
})
