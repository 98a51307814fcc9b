import { describe, expect, it } from 'vitest'
import { checkTools, type ToolDefinition } from '../tools/index.ts'
import type { JsonValue } from '../util/json.ts'
import type { MadeCall } from './call-remainder.ts'
import { compileSchema } from './formats.ts'
import { decideFurtherCalls } from './further-call.ts'

function toolOf(name: string, properties: { readonly [key: string]: JsonValue }): ToolDefinition {
  const parameters = { type: 'object', properties, required: Object.keys(properties) }
  return { type: 'function', function: { name, description: '', parameters } }
}

const play = toolOf('play_music', { artist: { type: 'string' }, minutes: { type: 'integer' } })
const payment = toolOf('monthly_payment', { loan: { type: 'number' }, years: { type: 'integer' } })
const factorial = toolOf('calculate_factorial', { number: { type: 'integer' } })
const primes = toolOf('generate_primes', { start: { type: 'integer' }, end: { type: 'integer' } })

/** Names of what may be called next, or undefined. */
function furtherOf(request: string, tools: readonly ToolDefinition[], ...calls: readonly MadeCall[]) {
  const use = checkTools({ tools, toolChoice: 'required' }, compileSchema)
  if (use === undefined) throw new Error('no tools')
  const decide = decideFurtherCalls(request, use)
  return calls.map((_, index) => decide(calls.slice(0, index + 1))).at(-1)
}

function accepts(further: ReturnType<typeof furtherOf>, name: string, json: string): boolean {
  let state = further?.find((tool) => tool.name === name)?.arguments()
  for (const byte of new TextEncoder().encode(json)) state = state?.next(byte)
  return state?.canEnd === true
}

const both = 'Play Taylor Swift for 20 minutes and then Maroon 5 for 15 minutes.'
const swift: MadeCall = { name: 'play_music', arguments: { artist: 'Taylor Swift', minutes: 20 } }
const maroon: MadeCall = { name: 'play_music', arguments: { artist: 'Maroon 5', minutes: 15 } }

describe('decideFurtherCalls', () => {
  it('goes on as long as the request has values that no call holds', () => {
    expect(furtherOf(both, [play], swift)).toHaveLength(1)
    expect(furtherOf(both, [play], maroon)).toHaveLength(1)
    expect(furtherOf(both, [play], swift, maroon)).toBeUndefined()
    expect(furtherOf('Play Taylor Swift for 20 minutes.', [play], swift)).toBeUndefined()
  })

  it('holds each number and name to what is left, where that is as much as a call took', () => {
    const further = furtherOf(both, [play], swift)
    expect(accepts(further, 'play_music', '{"artist":"Maroon 5","minutes":15}')).toBe(true)
    expect(accepts(further, 'play_music', '{"artist":"Taylor Swift","minutes":20}')).toBe(false)
    expect(accepts(further, 'play_music', '{"artist":"Maroon 5","minutes":20}')).toBe(false)
  })

  it('goes on within a list, and leaves the other values alone', () => {
    const request = 'What is the monthly payment of a loan of $400,000 over 15, 20 and 30 years?'
    const made = { name: 'monthly_payment', arguments: { loan: 400_000, years: 15 } }
    const further = furtherOf(request, [payment], made)
    expect(accepts(further, 'monthly_payment', '{"loan":400000,"years":30}')).toBe(true)
    expect(accepts(further, 'monthly_payment', '{"loan":400000,"years":15}')).toBe(false)
    expect(accepts(further, 'monthly_payment', '{"loan":20,"years":15}')).toBe(false)
  })

  it('puts a number where its name stands before it', () => {
    const request =
      'Calculate for a sample mean of 25 and a sample size of 50, and then again for a sample size of 150.'
    const interval = toolOf('interval', { sample_mean: { type: 'integer' }, sample_size: { type: 'integer' } })
    const further = furtherOf(request, [interval], {
      name: 'interval',
      arguments: { sample_mean: 25, sample_size: 50 },
    })
    expect(accepts(further, 'interval', '{"sample_mean":25,"sample_size":150}')).toBe(true)
    expect(accepts(further, 'interval', '{"sample_mean":150,"sample_size":50}')).toBe(false)
  })

  it('calls a function that the request speaks of before it repeats one', () => {
    const request = 'Calculate the factorial of 8 and generate the prime numbers from 1 to 50.'
    const first = { name: 'generate_primes', arguments: { start: 1, end: 50 } }
    const second = { name: 'calculate_factorial', arguments: { number: 8 } }
    expect(furtherOf(request, [factorial, primes], first)?.map(({ name }) => name)).toEqual(['calculate_factorial'])
    expect(furtherOf(request, [factorial, primes], first, second)).toBeUndefined()
  })

  it('ends when a further call took nothing of what was left', () => {
    const again: MadeCall = { name: 'play_music', arguments: { artist: 'Swift', minutes: 20 } }
    expect(furtherOf(both, [play], swift, again)).toBeUndefined()
  })

  it('asks for nothing that a schema with bounds may not allow', () => {
    const bounded = toolOf('play_music', {
      artist: { type: 'string', maxLength: 4 },
      minutes: { type: 'integer', maximum: 10 },
    })
    const further = furtherOf(both, [bounded], {
      name: 'play_music',
      arguments: { artist: 'Taylor Swift', minutes: 20 },
    })
    expect(accepts(further, 'play_music', '{"artist":"Taya","minutes":2}')).toBe(true)
  })
})
