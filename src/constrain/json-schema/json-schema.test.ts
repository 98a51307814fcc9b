import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../util/json.ts'
import type { Grammar, State } from '../grammar.ts'
import { compileJsonSchema, type JsonSchemaOptions } from './index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function stateAfter(grammar: Grammar, text: string): State | undefined {
  let state: State | undefined = grammar.start
  for (const byte of encoder.encode(text)) state = state?.next(byte)
  return state
}

function accepted(
  schema: JsonValue,
  texts: readonly string[],
  options: JsonSchemaOptions = { whitespace: 'any' },
): string[] {
  const grammar = compileJsonSchema(schema, options)
  return texts.filter((text) => stateAfter(grammar, text)?.canEnd === true)
}

/** `[1,2,…,count]` */
function list(count: number): string {
  return JSON.stringify(Array.from({ length: count }, (_, index) => index + 1))
}

function legal(state: State | undefined): string {
  const bytes = Array.from({ length: 128 }, (_, byte) => byte).filter((byte) => state?.next(byte) !== undefined)
  return decoder.decode(Uint8Array.from(bytes))
}

const cases: readonly { what: string; schema: JsonValue; right: readonly string[]; wrong: readonly string[] }[] = [
  {
    what: 'members in any order, never twice',
    schema: { properties: { a: { type: 'integer' }, b: {} }, required: ['a', 'b'], additionalProperties: false },
    right: ['{"a":1,"b":2}', '{"b":null,"a":-3}', ' { "\\u0061" : 1e2 , "b" : [ ] } '],
    wrong: ['{"a":1}', '{"a":1,"b":2,"c":3}', '{"a":1,"a":2,"b":3}', '{"a":1,"\\u0061":2,"b":3}', '{"a":1.5,"b":2}'],
  },
  {
    what: 'escapes are the characters they stand for',
    schema: { enum: ['é😀\n"'] },
    right: ['"é😀\\n\\""', '"\\u00e9\\ud83d\\ude00\\u000A\\u0022"'],
    wrong: ['"é😀n"', '"\\ud83d"', '"e😀\\n\\""'],
  },
  {
    what: 'lengths in code points',
    schema: { type: 'string', minLength: 2, maxLength: 3 },
    right: ['"ab"', '"😀😀😀"', '"\\ud83d\\ude00x"'],
    wrong: ['"a"', '"😀"', '"abcd"'],
  },
  {
    what: 'several patterns and lengths at once',
    schema: { type: 'string', pattern: '^[a-z]+$', allOf: [{ pattern: 'x' }, { not: { pattern: 'y' } }], minLength: 3 },
    right: ['"abx"', '"xxx"'],
    wrong: ['"abc"', '"x"', '"xyz"', '"Xabx"'],
  },
  {
    what: 'the negation of a pattern, whose only texts no sample of the pattern leads to',
    schema: { type: 'object', propertyNames: { not: { pattern: '^(?!foo)' } } },
    right: ['{"foo":1}', '{"food":1}', '{}'],
    wrong: ['{"fo":1}', '{"":1}', '{"afoo":1}'],
  },
  {
    what: 'characters that only several patterns together tell apart',
    schema: { type: 'string', pattern: '^[а-м]+$', not: { pattern: '^[а-е]+$' } },
    right: ['"ж"', '"аж"'],
    wrong: ['"а"', '"н"', '""'],
  },
  {
    what: 'steps and bounds without rounding',
    schema: { multipleOf: 0.01, exclusiveMinimum: 0, maximum: 4.02 },
    right: ['4.02', '0.01', '1', '40e-1'],
    wrong: ['4.03', '0', '0.005', '-1', '4.020000000000000001'],
  },
  {
    what: 'exactly one of',
    schema: {
      oneOf: [
        { properties: { kind: { const: 'a' }, x: { type: 'number' } }, required: ['kind', 'x'] },
        { properties: { kind: { const: 'b' }, x: { type: 'string' } }, required: ['kind', 'x'] },
      ],
    },
    right: ['{"kind":"a","x":1}', '{"x":"s","kind":"b"}'],
    wrong: ['{"kind":"a","x":"s"}', '{"x":1,"kind":"b"}', '{"kind":"c","x":1}', '{"x":1}'],
  },
  {
    what: 'unevaluated members across branches',
    schema: {
      properties: { a: {} },
      anyOf: [
        { properties: { b: { const: 1 } }, required: ['b'] },
        { required: ['c'], properties: { c: {} } },
      ],
      unevaluatedProperties: false,
    },
    right: ['{"b":1}', '{"a":0,"c":0}', '{"c":0,"b":1}'],
    wrong: ['{"b":2,"c":0}', '{"b":1,"d":0}', '{"a":0}'],
  },
  {
    what: 'items that are counted and compared',
    schema: { type: 'array', contains: { type: 'string' }, minContains: 2, uniqueItems: true, maxItems: 4 },
    right: ['["a","b"]', '[1,"a",1.5,"b"]', '[{"a":1,"b":2},"x",{"b":2,"a":2},"y"]'],
    wrong: ['["a"]', '["a","a"]', '[1,1.0,"a","b"]', '[{"a":1,"b":2},{"b":2,"a":1.0},"x","y"]', '[1,2,3,"a","b"]'],
  },
  {
    what: 'as many different items as there are values',
    schema: { type: 'array', uniqueItems: true, items: { type: 'integer', minimum: 1, maximum: 25 }, minItems: 24 },
    right: [list(25), list(24)],
    wrong: [list(23), `[1,${list(24).slice(1)}`],
  },
  {
    what: 'many members of any name',
    schema: { type: 'object', minProperties: 30, additionalProperties: { type: 'integer' } },
    right: [`{${list(30).slice(1, -1).replaceAll(/\d+/g, '"$&":0')}}`],
    wrong: [`{${list(29).slice(1, -1).replaceAll(/\d+/g, '"$&":0')}}`],
  },
  {
    what: 'a greatest count that leaves room for what is required',
    schema: { type: 'object', required: ['a', 'b'], maxProperties: 3 },
    right: ['{"a":1,"b":1}', '{"c":1,"b":1,"a":2}'],
    wrong: ['{"c":1,"d":1', '{"a":1,"b":1,"c":1,"d":1}'],
  },
  {
    what: 'comparison only in a branch',
    schema: { anyOf: [{ uniqueItems: true }, { minItems: 2, maxItems: 2 }] },
    right: ['[{},0,[1.5]]', '[0,0]', '[null,0,"",1]'],
    wrong: ['[0,0,1]', '[0,1,1]'],
  },
  {
    what: 'recursion by reference',
    schema: { $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' }, maxItems: 2 } }, $ref: '#/$defs/tree' },
    right: ['[]', '[[],[[]]]'],
    wrong: ['[[],[],[]]', '[1]'],
  },
  {
    what: 'older drafts by $schema',
    schema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ type: 'integer' }],
      additionalItems: { type: 'string' },
      properties: { a: { $ref: '#/definitions/s', type: 'integer' } },
      definitions: { s: { type: 'string' } },
    },
    right: ['[1,"a"]', '{"a":"s"}'],
    wrong: ['[1,2]', '["a"]', '{"a":1}'],
  },
  {
    what: 'formats',
    schema: { format: 'date' },
    right: ['"2024-02-29"', '1'],
    wrong: ['"2023-02-29"', '"24-01-01"'],
  },
]

describe('what is accepted', () => {
  test.each(cases)('$what', ({ schema, right, wrong }) => {
    expect(accepted(schema, [...right, ...wrong])).toEqual(right)
  })
})

test('arrays are compared as values', () => {
  const schema = { type: 'array', items: { type: 'array' }, uniqueItems: true }
  expect(accepted(schema, ['[[true],[],[1]]', '[[],[]]', '[[1],[1.0]]'])).toEqual(['[[true],[],[1]]'])
})

describe('whitespace', () => {
  const texts = ['[1,2]', '[1, 2]', '[ 1,2 ]', '[\n  1,\n  2\n]', '[1,  2]', '[1,2]\n', '[1 ,2]']

  test('any that JSON allows', () => {
    expect(accepted(true, texts)).toEqual(texts)
  })

  test('compact', () => {
    expect(accepted(true, texts, { whitespace: 'compact' })).toEqual(['[1,2]', '[1, 2]'])
  })

  test('as models write, with an end', () => {
    expect(accepted(true, texts, {})).toEqual(['[1,2]', '[1, 2]', '[ 1,2 ]', '[\n  1,\n  2\n]'])
    expect(stateAfter(compileJsonSchema(true), `[\n${' '.repeat(41)}`)).toBeUndefined()
  })
})

describe('a style, once it is chosen', () => {
  const schema = { type: 'object', properties: { a: {}, b: { type: 'string' } }, required: ['b'] }

  test('holds for what follows', () => {
    const right = ['{"a":[1,2],"b":""}', '{"a": [1, 2], "b": ""}', '{"a": {"x": 1},"b": ""}', '{\n"a": 1,\n"b": ""\n}']
    const wrong = ['{"a":1,"b": ""}', '{"a": {"x":1}, "b": ""}', '{"a": [1, 2,3], "b": ""}', '{"b":"" }']
    expect(accepted(schema, [...right, ...wrong], {})).toEqual(right)
  })

  test('leaves no choice about what can only come next', () => {
    const closed = { ...schema, additionalProperties: false }
    const forced = (text: string): string => {
      const bytes: number[] = []
      for (let state = stateAfter(compileJsonSchema(closed), text); state !== undefined && !state.canEnd;) {
        const at: State = state
        const next = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => at.next(byte) !== undefined)
        if (next.length !== 1) break
        bytes.push(next[0])
        state = state.next(next[0])
      }
      return decoder.decode(Uint8Array.from(bytes))
    }
    expect(forced('{"a": true,')).toBe('')
    expect(forced('{"a": true, ')).toBe('"b": "')
    expect(forced('{"a":true,')).toBe('')
    expect(forced('{"a":true,"')).toBe('b":"')
  })

  test('is that of the way to an end', () => {
    const grammar = compileJsonSchema({ ...schema, required: ['a', 'b'] })
    for (const text of ['{"a": [1, ', '{"a":[1,', '{"a": ', '{', '{"a": {"x": 1}, "']) {
      const state = stateAfter(grammar, text)
      const whole = text + decoder.decode(state?.closing() ?? encoder.encode('no way'))
      expect([whole, stateAfter(grammar, whole)?.canEnd]).toEqual([whole, true])
    }
  })
})

describe('nothing leads nowhere', () => {
  test('only keys that can be there', () => {
    const schema = { properties: { ab: {}, ac: {}, x: false }, required: ['ab'], additionalProperties: false }
    const grammar = compileJsonSchema(schema, { whitespace: 'compact' })
    expect(legal(grammar.start.next(0x7b))).toBe('"')
    expect(legal(stateAfter(grammar, '{"')).replace('\\', '')).toBe('a')
    expect(legal(stateAfter(grammar, '{"ac":1'))).toBe(',.0123456789Ee')
    expect(legal(stateAfter(grammar, '{"ab":null,"ac":null'))).toBe('}')
  })

  test('values of an enumeration that are left', () => {
    const schema = { items: { enum: ['aa', 'ab'] }, uniqueItems: true, type: 'array' }
    const grammar = compileJsonSchema(schema, { whitespace: 'compact' })
    expect(legal(stateAfter(grammar, '["aa","a'))).toBe('\\b')
    expect(legal(stateAfter(grammar, '["aa","ab"'))).toBe(']')
  })

  test('halves of a pair that have no other half', () => {
    const grammar = compileJsonSchema({ enum: ['😀'] })
    expect(stateAfter(grammar, '"\\ud83d')).toBeDefined()
    expect(stateAfter(grammar, '"\\ud83c')).toBeUndefined()
  })

  test('digits that can still reach the bounds', () => {
    const grammar = compileJsonSchema({ type: 'integer', minimum: 25, maximum: 31 })
    expect(legal(grammar.start)).toBe('23')
    expect(legal(stateAfter(grammar, '2'))).toBe('56789')
    expect(legal(stateAfter(grammar, '3'))).toBe('01')
  })

  test('a branch that no member can save', () => {
    const schema = {
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
      properties: { a: { type: 'null' } },
      type: 'object',
    }
    expect(stateAfter(compileJsonSchema(schema), '{"a":null,"b"')).toBeUndefined()
  })
})

describe('closing', () => {
  test.each(cases)('ends the text from everywhere: $what', ({ schema, right }) => {
    const grammar = compileJsonSchema(schema, { whitespace: 'any' })
    for (const text of right) {
      const bytes = encoder.encode(text)
      for (let cut = 0; cut <= bytes.length; cut++) {
        const start = decoder.decode(bytes.subarray(0, cut))
        let state: State | undefined = grammar.start
        for (const byte of bytes.subarray(0, cut)) state = state?.next(byte)
        let end = state
        for (const byte of state?.canEnd ? [] : (state?.closing() ?? [])) end = end?.next(byte)
        expect(end?.canEnd, `after ${start}`).toBe(true)
      }
    }
  })
})

describe('refusals', () => {
  test.each([
    [
      'an unknown reference',
      { properties: { a: { $ref: 'http://elsewhere.test/x' } } },
      '/properties/a/$ref',
      'keyword',
    ],
    ['a reference that leads nowhere', { items: { $ref: '#/$defs/x' } }, '/items/$ref', 'keyword'],
    ['a circle', { $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' }, '/$defs/a', 'keyword'],
    ['a malformed keyword', { properties: { a: { minLength: '3' } } }, '/properties/a/minLength', 'malformed'],
    ['an unknown draft', { $schema: 'https://elsewhere.test/schema' }, '/$schema', 'keyword'],
    ['a pattern beyond us', { allOf: [{ pattern: '(a)\\1' }] }, '/allOf/0/pattern', 'pattern'],
    ['what nothing satisfies', { type: 'object', required: ['a'], properties: { a: false } }, '', 'unsatisfiable'],
    ['endless nesting', { type: 'object', required: ['a'], properties: { a: { $ref: '#' } } }, '', 'unsatisfiable'],
  ])('%s', (_, schema, pointer, reason) => {
    expect(() => compileJsonSchema(schema)).toThrowError(
      expect.objectContaining({ code: 'unsupported', fields: { pointer, reason } }),
    )
  })
})

test.each(['model', 'compact'] as const)('numbers beside %s whitespace are what a double holds', (whitespace) => {
  let text = ''
  let state: State | undefined = compileJsonSchema({ type: 'number' }, { whitespace }).start
  for (const byte of encoder.encode('9'.repeat(400))) {
    const next: State | undefined = state?.next(byte)
    if (next === undefined) break
    state = next
    text += '9'
  }
  for (const letter of 'Ee') {
    let [exponent, at] = [letter, state?.next(letter.charCodeAt(0))]
    for (let next = at?.next(0x39); next !== undefined; next = at?.next(0x39)) [exponent, at] = [`${exponent}9`, next]
    expect(Number.isFinite(Number(text + exponent))).toBe(true)
  }
  expect(accepted({ type: 'number' }, ['11E999', '1e309', '-1E400'], { whitespace })).toEqual([])
})

describe('states recur', () => {
  test('inside a free string', () => {
    const grammar = compileJsonSchema({ properties: { a: { type: 'string' } } })
    const state = stateAfter(grammar, '{"a":"')
    expect(state?.next(0x78)).toBe(state)
    expect(state?.freeRun?.maxCharacters).toBe(Infinity)
  })

  test('a long maximum is a number', () => {
    const state = stateAfter(compileJsonSchema({ type: 'string', maxLength: 10_000 }), '"abc')
    expect(state?.freeRun?.maxCharacters).toBe(9_997)
  })
})

describe('items that differ', () => {
  const strings = { type: 'array', uniqueItems: true, items: { type: 'string' } }

  test('free texts go on from one that was there, and end as another', () => {
    for (const items of [{ type: 'string' }, { type: 'string', pattern: '^[^\\s,]' }]) {
      const schema = { ...strings, items, minItems: 1 }
      const right = ['["a","ab"]', '["a","b"]', '["a","\\u0061b"]']
      expect(accepted(schema, [...right, '["a","a"]', '["a","\\u0061"]', '["ab","b","ab"]'])).toEqual(right)
      const state = stateAfter(compileJsonSchema(schema), '["a","a')
      expect(state?.next(0x22)).toBeUndefined()
      expect(closed(state)).toMatch(/^\w+"\]$/)
    }
  })

  test('texts that are there cannot be begun where few are left', () => {
    const grammar = compileJsonSchema({ ...strings, items: { type: 'string', maxLength: 1, pattern: '^[ab]?$' } })
    expect(legal(stateAfter(grammar, '["a","')).replace('\\', '')).toBe('"b')
    expect(legal(stateAfter(grammar, '["a","","b"')).trim()).toBe(']')
  })
})

function closed(state: State | undefined): string {
  return decoder.decode(state?.closing() ?? encoder.encode('no way'))
}

test.each<[JsonValue, readonly string[], readonly string[]]>([
  [
    { type: 'integer', minimum: 2 ** 53, maximum: 1e30 },
    ['9007199254740992'],
    ['9', '1000000000000000000000000000000000'],
  ],
  [{ enum: [1, 1e25] }, ['1', '10000000000000000000000000'], ['2', '100000000000000000000000000']],
  [{ exclusiveMinimum: 0, maximum: 1e-18 }, ['0.000000000000000001'], ['0', '0.1']],
  [{ type: 'number', minimum: 1 }, ['123456789012345'], ['1234567890123456']],
])('plain numbers are as long as %j needs', (schema, right, wrong) => {
  const numbers = { type: 'number', ...(schema as object) } as JsonValue
  expect(accepted(numbers, [...right, ...wrong], { whitespace: 'model' })).toEqual(right)
})
