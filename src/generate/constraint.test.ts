import { describe, expect, it } from 'vitest'
import type { State, TokenMatcher } from '../constrain/index.ts'
import { OstroError } from '../util/error.ts'
import type { GenerateOptions } from '../util/generation.ts'
import type { AnswerInput, Decision } from './answer.ts'
import { generate, type GenerateEvent } from './generate.ts'
import type { Stepper } from './stepper.ts'

/**
 * Tokens are bytes, and 256 is the end: the legal texts are a finite list. Texts that hold a `?` look legal up to there, where
 * nothing is; from their first letter on no way to an end is known.
 */
function listMatcher(texts: readonly string[]): TokenMatcher {
  const pushed: number[] = []
  const restsAfter = (token?: number): string[] => {
    const text = String.fromCharCode(...pushed, ...(token === undefined ? [] : [token]))
    return texts.filter((whole) => whole.startsWith(text)).map((whole) => whole.slice(text.length))
  }
  const closingOf = (rests: readonly string[]): number | undefined => {
    const known = rests.filter((rest) => !rest.includes('?')).map(({ length }) => length)
    return known.length === 0 ? undefined : Math.min(...known)
  }
  const state: State = { next: () => undefined, canEnd: false, closing: () => undefined }
  const isEnd = (token: number): boolean => token === 256 && restsAfter().includes('')
  const maskOf = (legal: (token: number) => boolean): Uint32Array => {
    const mask = new Uint32Array(9)
    for (let token = 0; token < 257; token++) if (legal(token)) mask[token >> 5] |= 1 << (token & 31)
    return mask
  }
  const matcher: TokenMatcher = {
    state,
    allows: (token) => isEnd(token) || (token < 256 && token !== 63 && restsAfter(token).length > 0),
    allowsWithin: (token, remaining) =>
      matcher.allows(token) && (isEnd(token) || (closingOf(restsAfter(token)) ?? Infinity) < remaining),
    mask: () => maskOf(matcher.allows),
    maskWithin: (remaining) => maskOf((token) => matcher.allowsWithin(token, remaining)),
    push: (token) => {
      if (!matcher.allows(token)) throw new Error(`illegal ${token}`)
      pushed.push(token)
      return [state]
    },
    rollback: (count) => {
      pushed.length -= count
    },
    forced: () => {
      const rests = restsAfter()
      if (rests.includes('')) return []
      let length = 0
      const isShared = (): boolean => rests.every((rest) => rest[length] === rests[0][length] && rest[length] !== '?')
      while (length < rests[0].length && isShared()) length++
      return Array.from(rests[0].slice(0, length), (letter) => letter.charCodeAt(0))
    },
    get closingTokens() {
      return closingOf(restsAfter())
    },
    get closingToken() {
      const known = restsAfter().filter((rest) => !rest.includes('?'))
      const [shortest] = known.toSorted((a, b) => a.length - b.length)
      return shortest === undefined || shortest === '' ? undefined : shortest.charCodeAt(0)
    },
    get canEnd() {
      return restsAfter().includes('')
    },
    get mustEnd() {
      return restsAfter().every((rest) => rest === '')
    },
  }
  return matcher
}

/** Gives the same logits at every step and counts the runs. */
function steadyStepper(favourites: Readonly<Record<string, number>>, endLogit = -20) {
  const held: number[] = []
  const runs: string[] = []
  const logits = new Float32Array(257).fill(-5)
  for (const [letter, logit] of Object.entries(favourites)) logits[letter.charCodeAt(0)] = logit
  logits[256] = endLogit
  const stepper: Stepper = {
    vocabularySize: 257,
    contextTokens: 64,
    tokens: held,
    run: async (tokens, signal) => {
      if (signal?.aborted) throw new OstroError('aborted', 'scripted')
      runs.push(String.fromCharCode(...tokens))
      held.push(...tokens)
      return { readTokens: tokens.length, logits }
    },
    truncate: (length) => (held.length = length),
  }
  return { stepper, runs, logits, held }
}

async function answer(
  stepper: Stepper,
  held: Pick<AnswerInput, 'matcher' | 'decide' | 'goOn'>,
  options: GenerateOptions = { temperature: 0 },
) {
  const events: GenerateEvent[] = []
  const text = { push: (token: number) => String.fromCharCode(token), flush: () => '' }
  const input = { stepper, prompt: [65, 66], text, endTokens: new Set([256]), ...held }
  for await (const event of generate(input, options)) events.push(event)
  const end = events.at(-1)
  if (end?.type !== 'end') throw new Error('no end')
  return { text: events.map((event) => ('text' in event ? event.text : '')).join(''), end, events }
}

describe('a constraint', () => {
  it('keeps the answer to the grammar although the model wants another', async () => {
    const { stepper } = steadyStepper({ z: 9, c: 2, b: 1 })
    const { text, end } = await answer(stepper, { matcher: listMatcher(['abx', 'acy', 'acz']) })
    expect([text, end.reason]).toEqual(['acz', 'stop'])
  })

  it('runs what is forced together with what comes before it, and nothing at the end', async () => {
    const { stepper, runs } = steadyStepper({ c: 2, b: 1 })
    const { text, end } = await answer(stepper, { matcher: listMatcher(['yes: b12', 'yes: c34']) })
    expect(text).toBe('yes: c34')
    expect(runs).toEqual(['AByes: '])
    expect(end.usage.generatedTokens).toBe(8)
    const only = steadyStepper({})
    expect((await answer(only.stepper, { matcher: listMatcher(['only']) })).text).toBe('only')
    expect(only.runs).toEqual([])
  })

  it('draws every token from its own logits when log-probabilities are asked for', async () => {
    const { stepper, runs, logits } = steadyStepper({ z: 9, b: 1 })
    const { events } = await answer(stepper, { matcher: listMatcher(['ab']) }, { temperature: 0, logprobs: 1 })
    const told = events.flatMap((event) => (event.type === 'token' ? [event.logprobs] : []))
    expect(runs).toEqual(['AB', 'a'])
    expect(told).toHaveLength(2)
    // Of the model itself: the token it would have taken leads.
    expect(told[1]?.top[0].token).toBe('z'.charCodeAt(0))
    expect(told[1]?.logprob).toBeCloseTo(logits[98] - logits[122] + (told[1]?.top[0].logprob ?? 0), 5)
  })

  it('lets the answer end only where it is complete', async () => {
    const eager = steadyStepper({ a: 1, b: 0 }, 9)
    expect((await answer(eager.stepper, { matcher: listMatcher(['a', 'bb', 'ab', 'aba']) })).text).toBe('a')
    const { text, end } = await answer(eager.stepper, { matcher: listMatcher(['abba', 'abbb']) })
    expect([text, end.reason]).toEqual(['abba', 'stop'])
  })

  it('closes before the tokens run out, and says length where nothing fits', async () => {
    const matcher = () => listMatcher(['aaaaaaaa', 'aab', 'c'])
    const run = (maxTokens: number) => {
      return answer(steadyStepper({ a: 5 }).stepper, { matcher: matcher() }, { temperature: 0, maxTokens })
    }
    expect([(await run(8)).text, (await run(7)).text, (await run(2)).text]).toEqual(['aaaaaaaa', 'aab', 'c'])
    const none = await answer(
      steadyStepper({}).stepper,
      { matcher: listMatcher(['aaa']) },
      { temperature: 0, maxTokens: 2 },
    )
    expect([none.text, none.end.reason, none.end.usage.generatedTokens]).toEqual(['', 'length', 0])
  })

  it('draws in the proportions of the model among the legal, with and without filters', async () => {
    const draws = async (options: GenerateOptions): Promise<number> => {
      let seen = 0
      for (let seed = 0; seed < 600; seed++) {
        const { stepper } = steadyStepper({ z: 3, a: Math.log(3), b: 0, c: -3 })
        const held = { matcher: listMatcher(['a', 'b', 'c']) }
        if ((await answer(stepper, held, { ...options, seed })).text === 'a') seen++
      }
      return seen / 600
    }
    const all = 3 / (3 + 1 + Math.exp(-3))
    expect(Math.abs((await draws({})) - all)).toBeLessThan(0.06)
    // Top-k counts legal tokens only; a top-k of all tokens would keep z and a.
    expect(Math.abs((await draws({ topK: 2 })) - 3 / 4)).toBeLessThan(0.06)
  })

  it('is stronger than what forbids a repetition', async () => {
    const { stepper } = steadyStepper({ a: 1 })
    const { text } = await answer(
      stepper,
      { matcher: listMatcher(['aaaa', 'aaab']) },
      { temperature: 0, logitBias: { 97: -Infinity, 98: -Infinity } },
    )
    expect(text).toBe('aaaa')
  })

  it('can be decided on while the answer runs, from the logits', async () => {
    const { stepper, logits } = steadyStepper({ q: 4 })
    const seen: string[] = []
    const decide = (row: Float32Array, generated: readonly number[]): Decision | undefined => {
      expect(row).toEqual(logits)
      seen.push(String.fromCharCode(...generated))
      return generated.length < 2 ? undefined : { matcher: listMatcher(['ab', 'ac']) }
    }
    const { text } = await answer(stepper, { decide })
    expect(text).toBe('qqab')
    expect(seen).toEqual(['', 'q', 'qq'])
    const free = await answer(stepper, { decide: () => ({ matcher: undefined }) }, { temperature: 0, maxTokens: 3 })
    expect(free.text).toBe('qqq')
  })

  it('can be followed by another one where it ends, for which there has to be room', async () => {
    const asked: Float32Array[] = []
    const goOn = (logits: Float32Array) => {
      asked.push(logits)
      return asked.length < 3 ? listMatcher([', xyz', ', uvw']) : undefined
    }
    const matcher = () => listMatcher(['ab', 'ac'])
    const { stepper, runs, logits } = steadyStepper({ u: 2, c: 1 })
    const { text, end } = await answer(stepper, { matcher: matcher(), goOn })
    expect([text, end.reason, end.usage.generatedTokens]).toEqual(['ac, uvw, uvw', 'stop', 12])
    expect(asked).toEqual([logits, logits, logits])
    expect(runs).toEqual(['ABa', 'c', ', ', 'uvw', ', ', 'uvw'])
    for (const [maxTokens, whole] of [
      [2, 'ac'],
      [6, 'ac'],
      [7, 'ac, uvw'],
    ] as const) {
      const limited = steadyStepper({ u: 2, c: 1 })
      const more = () => listMatcher([', xyz', ', uvw'])
      const options = { temperature: 0, maxTokens }
      const { text: cut, end: last } = await answer(limited.stepper, { matcher: matcher(), goOn: more }, options)
      expect([cut, last.reason]).toEqual([whole, 'stop'])
    }
  })

  it('goes back out of a dead end before anything of it is told', async () => {
    const { stepper, held } = steadyStepper({ x: 5, y: 4, c: 1, d: 1 })
    const { text, end, events } = await answer(stepper, { matcher: listMatcher(['axx?', 'axy?', 'ay?', 'ab', 'acd']) })
    expect([text, end.reason, end.usage.generatedTokens]).toEqual(['acd', 'stop', 3])
    expect(events.filter(({ type }) => type === 'token')).toHaveLength(3)
    expect(String.fromCharCode(...held)).toBe('ABa')
  })

  it('takes the shortest way when too much was tried, and when the tokens run out on trial', async () => {
    const blind = Array.from({ length: 12 }, (_, index) => String.fromCharCode(110 + index))
    const { stepper } = steadyStepper({ ...Object.fromEntries(blind.map((letter) => [letter, 5])), a: 2, ' ': 9 })
    for (const tail of ['?', '              ?']) {
      const matcher = listMatcher([...blind.map((letter) => letter + tail), 'aaaa', 'bb'])
      const { text, end } = await answer(stepper, { matcher }, { temperature: 0, maxTokens: 5 })
      expect([text, end.reason]).toEqual(['bb', 'stop'])
    }
  })

  it('says so where the grammar leads nowhere from the start', async () => {
    const { stepper } = steadyStepper({ a: 1 })
    await expect(answer(stepper, { matcher: listMatcher(['a?']) })).rejects.toMatchObject({ code: 'unsupported' })
  })
})
