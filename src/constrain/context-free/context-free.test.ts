/** Context-free grammars against plain enumeration, and the states that they run through. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Grammar, State } from '../grammar.ts'
import { type Body, compileRules, type Rules, textOf } from './index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function follow(grammar: Grammar, text: string): State | undefined {
  let state: State | undefined = grammar.start
  for (const byte of encoder.encode(text)) state = state?.next(byte)
  return state
}
const accepts = (grammar: Grammar, text: string): boolean => follow(grammar, text)?.canEnd ?? false
const rule = (name: string): Body => ({ kind: 'rule', name })
const sequence = (...parts: Body[]): Body => ({ kind: 'sequence', parts })
const either = (...options: Body[]): Body => ({ kind: 'alternation', options })
const repeat = (body: Body, min: number, max: number): Body => ({ kind: 'repeat', body, min, max })
const rules = (bodies: Record<string, Body>): Rules => ({ start: 'start', bodies: new Map(Object.entries(bodies)) })

/** Every text of at most `most` characters, by trying out all derivations. */
function enumerate({ start, bodies }: Rules, most: number): Set<string> {
  let known = new Map<string, Set<string>>([...bodies.keys()].map((name) => [name, new Set()]))
  const textsOf = (body: Body): Set<string> => {
    switch (body.kind) {
      case 'text': {
        const { syntax } = body
        if (syntax.kind !== 'sequence') throw new TypeError('only strings here')
        return new Set([
          syntax.parts.map((part) => (part.kind === 'set' ? String.fromCodePoint(part.set.ranges[0]) : '')).join(''),
        ])
      }
      case 'rule':
        return known.get(body.name) ?? new Set()
      case 'alternation':
        return new Set(body.options.flatMap((option) => [...textsOf(option)]))
      case 'sequence':
        return body.parts.reduce((heads, part) => join(heads, textsOf(part)), new Set(['']))
      case 'repeat': {
        const once = textsOf(body.body)
        let all = new Set(body.min === 0 ? [''] : [])
        let power = new Set([''])
        for (let count = 1; count <= Math.min(body.max, most + body.min); count++) {
          power = join(power, once)
          if (count >= body.min) all = new Set([...all, ...power])
        }
        return all
      }
      default:
        return body satisfies never
    }
  }
  const join = (heads: ReadonlySet<string>, tails: ReadonlySet<string>): Set<string> =>
    new Set([...heads].flatMap((head) => [...tails].map((tail) => head + tail)).filter((text) => text.length <= most))
  for (;;) {
    const next = new Map([...bodies].map(([name, body]) => [name, textsOf(body)]))
    const grew = [...next].some(([name, texts]) => texts.size > (known.get(name)?.size ?? 0))
    known = next
    if (!grew) return known.get(start) ?? new Set()
  }
}

const texts = (most: number): string[] => {
  let all = ['']
  for (let from = 0, length = 0; length < most; length++) {
    const longest = all.slice(from)
    from = all.length
    all = [...all, ...longest.flatMap((text) => ['a', 'b', 'c'].map((character) => text + character))]
  }
  return all
}

const bodies = fc.letrec<{ body: Body }>((tie) => ({
  body: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'body' },
    fc.constantFrom('a', 'b', 'c', 'ab', '').map(textOf),
    fc.constantFrom('start', 'p', 'q').map(rule),
    fc.array(tie('body'), { minLength: 1, maxLength: 3 }).map((parts) => sequence(...parts)),
    fc.array(tie('body'), { minLength: 1, maxLength: 3 }).map((options) => either(...options)),
    fc
      .tuple(tie('body'), fc.constantFrom([0, 1], [0, Infinity], [1, Infinity], [2, 2], [1, 3]))
      .map(([body, [min, max]]) => repeat(body, min, max)),
  ),
})).body

describe('the language of rules', () => {
  it('is what they derive, with any recursion', () => {
    fc.assert(
      fc.property(fc.record({ start: bodies, p: bodies, q: bodies }), (named) => {
        const source = rules(named)
        const expected = enumerate(source, 4)
        let grammar: Grammar | undefined
        try {
          grammar = compileRules(source)
        } catch (error) {
          expect(String(error)).toContain('none does')
          expect([...expected]).toEqual([])
          return
        }
        const found = texts(4).filter((text) => grammar !== undefined && accepts(grammar, text))
        expect(found.sort()).toEqual([...expected].sort())
      }),
      { numRuns: 400 },
    )
  })

  it('can be closed from everywhere, as shortly as possible from the start', () => {
    fc.assert(
      fc.property(fc.record({ start: bodies, p: bodies, q: bodies }), fc.constantFrom(...texts(3)), (named, text) => {
        const source = rules(named)
        const expected = [...enumerate(source, 4)].sort((left, right) => left.length - right.length)
        if (expected.length === 0) return
        const grammar = compileRules(source)
        expect(grammar.start.closing()).toHaveLength(expected[0].length)
        const state = follow(grammar, text)
        if (state) expect([text, accepts(grammar, text + decoder.decode(state.closing()))]).toEqual([text, true])
      }),
      { numRuns: 400 },
    )
  })
})

it('closes where rules that may be empty call each other', () => {
  const grammar = compileRules(
    rules({
      start: sequence(textOf('('), rule('p'), textOf(')')),
      p: either(rule('q'), rule('p'), textOf('')),
      q: either(rule('p'), sequence(textOf('['), rule('q'), textOf(']'))),
    }),
  )
  expect(decoder.decode(grammar.start.closing())).toBe('()')
  expect(decoder.decode(follow(grammar, '([')?.closing())).toBe('])')
})

describe('states', () => {
  const list = (body: Body): Grammar =>
    compileRules(
      rules({ start: body, nested: either(textOf('()'), sequence(textOf('('), rule('nested'), textOf(')'))) }),
    )

  it.each([
    ['a repetition', repeat(sequence(rule('nested'), textOf(',')), 0, Infinity)],
    ['left recursion', either(textOf(''), sequence(rule('start'), rule('nested'), textOf(',')))],
    ['right recursion', either(textOf(''), sequence(rule('nested'), textOf(','), rule('start')))],
  ])('recur in %s', (_, body) => {
    const grammar = list(body)
    expect(follow(grammar, '(()),')).toBe(follow(grammar, '(()),((())),'))
    expect(follow(grammar, '(()),((')).toBe(follow(grammar, '(()),((())),(('))
  })

  it('pass free text in runs', () => {
    const quoted = sequence(
      textOf('"'),
      repeat({ kind: 'text', syntax: { kind: 'set', set: { ranges: [0, 0x21, 0x23, 0x10ffff] } } }, 0, Infinity),
      textOf('"'),
    )
    const grammar = compileRules(rules({ start: either(quoted, sequence(textOf('('), rule('start'), textOf(')'))) }))
    const inside = follow(grammar, '((("ab')
    expect([...(inside?.freeRun?.exits ?? [])]).toEqual([0x22])
    expect(inside?.next(0x61)).toBe(inside)
  })

  it('go deep without a stack overflow, and close again', () => {
    const grammar = list(rule('nested'))
    const state = follow(grammar, '('.repeat(2000))
    expect(decoder.decode(state?.closing())).toBe(`)${')'.repeat(1999)}`)
  })
})

describe('what is refused', () => {
  it.each([
    ['rules that never end', rules({ start: sequence(textOf('a'), rule('start')) }), /none does/],
    [
      'too many copies',
      rules({ start: repeat(either(textOf('a'), sequence(textOf('('), rule('start'), textOf(')'))), 0, 5000) }),
      /copies/,
    ],
  ])('%s', (_, source, message) => {
    expect(() => compileRules(source)).toThrow(message)
  })
})
