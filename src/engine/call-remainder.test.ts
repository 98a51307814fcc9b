import { expect, it } from 'vitest'
import type { ToolDefinition } from '../tools/index.ts'
import {
  callRemainder,
  dueFunctions,
  findLeftOver,
  type MadeCall,
  readRequest,
  withDueFunctions,
} from './call-remainder.ts'

const tools = ['get_weather', 'calculate_route'].map((name): ToolDefinition => {
  const properties = { city: { type: 'string', description: 'The town.' }, days: { type: 'integer' } }
  return { type: 'function', function: { name, description: '', parameters: { type: 'object', properties } } }
})
const weatherOf = (city: string, days?: number): MadeCall => {
  return { name: 'get_weather', arguments: days === undefined ? { city } : { city, days } }
}

it('counts what no call holds and no function speaks of', () => {
  const request =
    'The weather in the town of Rome for 3 days, and also the weather in Paris and Oslo for 5 days, please'
  const { words, ...counts } = callRemainder(findLeftOver(readRequest(request, tools), [weatherOf('Rome', 3)]))
  expect(counts).toEqual({
    numbers: 1,
    names: 2,
    again: 1,
    siblings: 0,
    repeats: 1,
    cues: 1,
    otherFunction: 0,
    further: 0,
  })
  expect(words).toBe(0)
  const { names, siblings, further, cues } = callRemainder(
    findLeftOver(readRequest(request, tools), [weatherOf('Rome', 3), weatherOf('Paris', 5)]),
  )
  expect({ names, siblings, further, cues }).toEqual({ names: 1, siblings: 1, further: 1, cues: 0 })
})

it('knows the functions that are spoken of and were not called', () => {
  const request = 'What is the weather in Rome, and the route there?'
  expect(dueFunctions(findLeftOver(readRequest(request, tools), [weatherOf('Rome')]))).toEqual(['calculate_route'])
  expect(callRemainder(findLeftOver(readRequest(request, tools), [weatherOf('Rome')])).otherFunction).toBe(1)
  expect(dueFunctions(findLeftOver(readRequest('What is the weather in Rome?', tools), [weatherOf('Rome')]))).toEqual(
    [],
  )
  const route = { name: 'calculate_route', arguments: { city: 'Rome' } }
  expect(dueFunctions(findLeftOver(readRequest(request, tools), [weatherOf('Rome'), route]))).toEqual([])
})

it('adds what is spoken of to functions that are chosen', () => {
  const request = 'What is the weather in Rome, and the route there?'
  expect(withDueFunctions(request, tools, ['get_weather'])).toEqual(['get_weather', 'calculate_route'])
  expect(withDueFunctions('What is the weather in Rome?', tools, ['get_weather'])).toEqual(['get_weather'])
})

it('has nothing to say of an empty request', () => {
  const { further, ...counts } = callRemainder(
    findLeftOver(readRequest('', tools), [weatherOf('Rome'), weatherOf('Oslo')]),
  )
  expect([further, ...Object.values(counts)]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0])
})
