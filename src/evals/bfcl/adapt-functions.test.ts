import { describe, expect, it } from 'vitest'
import { adaptFunctions } from './adapt-functions.ts'

const one = (properties: object, name = 'f', language: 'python' | 'java' | 'javascript' = 'python') => {
  const adapted = adaptFunctions(
    [{ name, description: 'Does.', parameters: { properties, required: ['a'] } as never }],
    language,
  )
  return adapted.tools[0].function
}

describe('adaptFunctions', () => {
  it('maps types, also of members', () => {
    const { parameters } = one({
      a: { type: 'float', description: 'Rate.' },
      b: { type: 'tuple', items: { type: 'float' } },
      c: { type: 'dict', properties: { d: { type: 'any' } } },
    })
    expect(parameters).toEqual({
      type: 'object',
      properties: {
        a: { type: 'number', format: 'float', description: 'Rate. This is a float type value.' },
        b: { type: 'array', items: { type: 'number' } },
        c: { type: 'object', properties: { d: { type: 'string' } } },
      },
      required: ['a'],
    })
  })

  it('drops what contradicts a type and keeps what says something', () => {
    const { parameters } = one({
      a: { type: 'boolean', enum: ['True', 'False'], optional: true },
      b: { type: 'array', items: { type: 'string' }, enum: ['x', 'y'] },
      c: { type: 'integer', enum: [1, 'many'] },
    })
    expect(parameters?.['properties']).toEqual({
      a: { type: 'boolean' },
      b: { type: 'array', items: { type: 'string', enum: ['x', 'y'] } },
      c: { type: 'integer', enum: [1] },
    })
  })

  it('takes names that a tool can have and gives the old ones back', () => {
    const names = ['math.sum', 'math_sum', 'größe']
    const { tools, originalName } = adaptFunctions(
      names.map((name) => ({ name, parameters: { properties: {} } })),
      'python',
    )
    for (const { function: tool } of tools) expect(tool.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(tools.map(({ function: tool }) => originalName(tool.name))).toEqual(names)
  })

  it('wants source text for Java and JavaScript', () => {
    const java = one({ a: { type: 'ArrayList', items: { type: 'long' }, description: 'Ids.' } }, 'f', 'java')
    expect(java.parameters?.['properties']).toEqual({
      a: {
        type: 'string',
        description:
          'Ids. This is Java ArrayList type parameter in string representation. The list elements are of type long; they are not in string representation.',
      },
    })
    expect(java.description).toBe('Does. Note that the provided function is in Java 8 SDK syntax.')
  })
})
