import { describe, expect, it } from 'vitest'
import type { ToolDefinition } from '../tools/index.ts'
import { shortlistFunctions, shortlistUse } from './function-shortlist.ts'

const tool = (name: string, description: string, parameters: readonly string[] = []): ToolDefinition => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: { type: 'object', properties: Object.fromEntries(parameters.map((key) => [key, { type: 'string' }])) },
  },
})

const weather = tool('get_weather', 'The weather in a city.', ['city'])
const flights = tool('searchFlights', 'Find flights between two cities.', ['from', 'to'])
const loan = tool('loan_payment', 'Monthly payment of a loan.', ['amount', 'years'])
const tools = [weather, flights, loan]
const names = (list: readonly ToolDefinition[]): string[] => list.map(({ function: { name } }) => name)

describe('shortlistFunctions', () => {
  it.each([
    ['What is the weather like in Rome?', ['get_weather']],
    ['flight from Oslo to Paris', ['searchFlights']],
    ['How much do I pay each month for a loan of 5000?', ['loan_payment']],
    // Two things asked for.
    ['Tell me the weather in Paris and find flights to Oslo', ['get_weather', 'searchFlights']],
    // Nothing to go by: another language, no words, no request.
    ['Wie warm ist es morgen?', names(tools)],
    ['17 * 23', names(tools)],
    ['', names(tools)],
  ])('%s: %j', (request, expected) => {
    expect(names(shortlistFunctions(request, tools))).toEqual(expected)
  })

  it('keeps functions that the words tell no better apart', () => {
    const twins = [tool('get_price_eur', 'Price in euros.'), tool('get_price_usd', 'Price in dollars.'), loan]
    expect(names(shortlistFunctions('What is the price?', twins))).toEqual(['get_price_eur', 'get_price_usd'])
  })
})

describe('shortlistUse', () => {
  const arguments_ = () => ({ canEnd: true, next: () => undefined, closing: () => undefined })
  const callable = names(tools).map((name) => ({ name, arguments: arguments_ }))
  const use = { definitions: tools, callable, mode: 'auto', parallel: true } as const

  it('lets the same functions be called as are shown', () => {
    const fewer = shortlistUse(use, 'weather in Rome', [])
    expect(names(fewer.definitions)).toEqual(['get_weather'])
    expect(fewer.callable.map(({ name }) => name)).toEqual(['get_weather'])
  })

  it('keeps what the conversation has called', () => {
    const call = { id: 'a', type: 'function', function: { name: 'loan_payment', arguments: '{}' } } as const
    const messages = [{ role: 'assistant', content: '', tool_calls: [call] } as const]
    expect(names(shortlistUse(use, 'weather in Rome', messages).definitions)).toEqual(['get_weather', 'loan_payment'])
  })

  it('stays within what may be called', () => {
    const allowed = { ...use, callable: callable.slice(1) }
    expect(names(shortlistUse(allowed, 'weather in Rome', []).definitions)).toEqual(['searchFlights', 'loan_payment'])
  })
})
