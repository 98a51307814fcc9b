import { describe, expect, it } from 'vitest'
import type { ToolDefinition } from '../tools/index.ts'
import { noOverlap, requestOverlap } from './request-overlap.ts'

function toolOf(name: string, description: string, properties: Record<string, [string, string]>): ToolDefinition {
  const entries = Object.entries(properties).map(([key, [type, text]]) => [key, { type, description: text }])
  const required = Object.keys(properties)
  const parameters = { type: 'object', properties: Object.fromEntries(entries), required }
  return { type: 'function', function: { name, description, parameters } }
}

const area = toolOf('triangle_area', 'Calculate the area of a triangle. Note that angles are in degrees.', {
  base: ['number', 'Length of the base.'],
  height: ['number', 'Height over the base.'],
})
const weather = toolOf('getWeather', 'Tell the weather.', { place: ['string', 'Where.'] })

describe('requestOverlap', () => {
  it('finds the words of a name and of the first sentence, in whatever case, compound or ending', () => {
    expect(requestOverlap('AREAS of two Triangles: 3, 4', [area])).toMatchObject({ name: 1, description: 2 / 3 })
    expect(requestOverlap('Weather?', [weather])).toMatchObject({ name: 1, description: 1 / 2 })
    expect(requestOverlap('How many degrees has an angle?', [area])).toMatchObject({
      name: 0,
      description: 0,
      words: 0,
    })
  })

  it('counts the words of the request that the function has, each once', () => {
    expect(requestOverlap('The height, the height!', [area])?.words).toBeCloseTo(Math.log(2), 12)
    expect(requestOverlap('A triangle of what height?', [area])?.words).toBeCloseTo(Math.log(3), 12)
  })

  it('misses numbers for parameters that need them, and no others', () => {
    const missing = (request: string, tool: ToolDefinition) => requestOverlap(request, [tool])?.numbers
    expect(['a base', 'base 3', 'base 3, height 4.5', 'height 3, 4 and 5'].map((text) => missing(text, area))).toEqual([
      -2, -1, 0, 0,
    ])
    expect(missing('height of H2O and x1', area)).toBe(-2)
    expect(missing('weather', weather)).toBe(0)
  })

  it('takes the best of several functions', () => {
    expect(requestOverlap('Will the weather hold?', [area, weather])).toMatchObject({ name: 1, numbers: 0 })
  })

  it.each(['今天天气怎么样', 'Wie warm ist es morgen in Paris?', 'What is 17 * 23?', '2 + 2', ''])(
    'is undefined for %j, of which words say nothing',
    (request) => {
      expect(requestOverlap(request, [weather])).toBeUndefined()
    },
  )

  it('is nothing where an English request shares nothing, or there are no functions', () => {
    expect(requestOverlap('Who wrote the novel?', [weather])).toEqual(noOverlap)
    expect(requestOverlap('Who wrote the novel?', [])).toEqual(noOverlap)
  })
})
