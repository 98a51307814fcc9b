import { describe, expect, it } from 'vitest'
import type { ToolDefinition } from '../chat-model.ts'
import { expectCalls } from './expected-call.ts'
import { bytesText, type ExpectedPlace, type ExpectedStep } from './place.ts'

const tool: ToolDefinition = {
  type: 'function',
  function: {
    name: 'plan',
    parameters: {
      type: 'object',
      properties: {
        from: { type: 'string', description: 'Where to start.' },
        city: { type: 'string', description: 'A city, e.g. Boston, MA' },
        day: { type: 'string', description: 'A date as YYYY-MM-DD.' },
        count: { type: 'integer' },
        share: { type: 'number' },
        values: { type: 'array', items: { type: 'number' } },
        names: { type: 'array', items: { type: 'string' } },
        kind: { type: 'string', enum: ['slow_train', 'bus'] },
        fast: { type: 'boolean' },
        more: { type: 'object' },
        year: { type: 'integer' },
        limit: { type: 'integer' },
      },
      required: ['from', 'city', 'day', 'count', 'share', 'values', 'names', 'fast', 'more'],
    },
  },
}

/** A call with what is not expected in angle brackets. */
function marked(request: string, call: string): string {
  let place: ExpectedPlace | undefined = expectCalls([tool], request)
  let shown = ''
  for (const character of bytesText(call)) {
    const step: ExpectedStep | undefined = place?.step(character.charCodeAt(0))
    if (step === undefined) return `${shown}?`
    shown += step.expected || place?.weight === 0 ? character : `<${character}>`
    place = step.place
  }
  return new TextDecoder().decode(Uint8Array.from(shown, (character) => character.charCodeAt(0)))
}

describe('expectCalls', () => {
  it.each([
    // Texts: copied at word borders, each part once, in any case.
    ['Go from New York to Rome', 'plan(from="New York"', 'plan(from="New York"'],
    ['Go from New York to Rome', 'plan(from="new york"', 'plan(from="new york"'],
    ['Go from new york to Rome', 'plan(from="New York"', 'plan(from="New York"'],
    ['Go from New York to Rome', 'plan(from="NEW"', 'plan(from="N<E>W"'],
    ['Go from New York to Rome', 'plan(from="Ne"', 'plan(from="Ne<">'],
    ['Go from New York to Rome', 'plan(from="Paris"', 'plan(from="<P>aris"'],
    ['Go from Rome', 'plan(from="Rome", city="Rome"', 'plan(from="Rome", city="<R>ome"'],
    ['Nach Köln, bitte', 'plan(from="Köln"', 'plan(from="Köln"'],
    ['in Rome', 'plan(from="in"', 'plan(from="<i>n"'],
    ['two apples', 'plan(from="apple"', 'plan(from="apple"'],
    // Behind an example of a form it may go on; a form of its own is written anew.
    ['Weather in Boston', 'plan(city="Boston, MA"', 'plan(city="Boston, MA"'],
    ['Weather in Boston', 'plan(city="Bostock"', 'plan(city="Bosto<c>k"'],
    ['on May 2, 2024', 'plan(day="2024-05-02"', 'plan(day="2024-05-02"'],
    // Numbers: digits, words, separators, scales, shares; each once.
    ['with 30 of 40', 'plan(count=30,', 'plan(count=30,'],
    ['with 30 of 40', 'plan(count=3,', 'plan(count=3<,>'],
    ['twelve eggs', 'plan(count=12,', 'plan(count=12,'],
    ['1,500 and 3 million', 'plan(count=1500, share=3000000,', 'plan(count=1500, share=3000000,'],
    ['accelerates at 4 m/s', 'plan(count=4,', 'plan(count=4,'],
    ['at 300K, or 5k', 'plan(count=300, share=5000,', 'plan(count=300, share=5000,'],
    ['at 5% interest', 'plan(share=0.05,', 'plan(share=0.05,'],
    ['7 days', 'plan(count=7, share=7,', 'plan(count=7, share=7,'],
    ['7 of 9', 'plan(count=7, share=7,', 'plan(count=7, share=<7>,'],
    ['no number', 'plan(count=5,', 'plan(count=5,'],
    // Lists go on as the request's do.
    ['mean of 3.5, 4 and 7 up to 9', 'plan(values=[3.5, 4, 7],', 'plan(values=[3.5, 4, 7],'],
    ['mean of 3.5, 4 and 7 up to 9', 'plan(values=[3.5, 4],', 'plan(values=[3.5, 4<]>,'],
    ['mean of 3.5, 4 and 7 up to 9', 'plan(values=[3.5, 4, 7, 9],', 'plan(values=[3.5, 4, 7<,> 9],'],
    ['avoid tolls and highways.', 'plan(names=["tolls", "highways"],', 'plan(names=["tolls", "highways"],'],
    ['avoid tolls and highways.', 'plan(names=["tolls", "ferries"],', 'plan(names=["tolls", "<f>erries"],'],
    ['avoid tolls today', 'plan(names=["tolls", "ferries"],', 'plan(names=["tolls"<,> "<f>erries"],'],
    // Optional arguments that something speaks for, and only these.
    ['by slow train', 'plan(kind="slow_train",', 'plan(kind="slow_train",'],
    ['by slow train', 'plan(kind="bus",', 'plan(kind="<b>us",'],
    ['by ship', 'plan(fast=true, kind', 'plan(fast=true, <k><i><n><d>'],
    ['from Rome', 'plan(from="Rome", limit', 'plan(from="Rome", <l><i><m><i><t>'],
    // Objects are read over.
    ['from Rome', 'plan(more={"a": [1, ")"]}, from="Rome"', 'plan(more={"a": [1, ")"]}, from="Rome"'],
    // Another call begins anew.
    ['from Rome', 'plan(from="Rome"), plan(from="Rome"', 'plan(from="Rome"), plan(from="Rome"'],
    ['from Rome', 'other(', 'other?'],
  ])('%s: %s', (request, call, expected) => {
    expect(marked(request, call)).toBe(expected)
  })

  it('does not end a call while the request has a number for an argument that is missing', () => {
    const crime: ToolDefinition = {
      type: 'function',
      function: {
        name: 'plan',
        parameters: {
          type: 'object',
          properties: { city: { type: 'string' }, year: { type: 'integer' } },
          required: ['city'],
        },
      },
    }
    const ends = (request: string): boolean | undefined => {
      let step: ExpectedStep | undefined
      let place: ExpectedPlace | undefined = expectCalls([crime], request)
      for (const character of 'plan(city="Rome")') {
        step = place?.step(character.charCodeAt(0))
        place = step?.place
      }
      return step?.expected
    }
    expect([ends('crime in Rome in 2020'), ends('crime in Rome')]).toEqual([false, true])
  })
})
