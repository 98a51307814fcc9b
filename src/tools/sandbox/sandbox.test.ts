import { afterAll, describe, expect, it } from 'vitest'
import { createSandbox } from './sandbox.ts'

const sandbox = createSandbox()
afterAll(() => sandbox[Symbol.dispose]())

async function valuesOf(source: string, ...expressions: string[]) {
  const { outcomes, failure } = await sandbox.evaluate(source, expressions)
  expect(failure).toBeUndefined()
  return outcomes.map((outcome) => ('value' in outcome ? outcome.value : outcome.error))
}

describe('a sandbox', () => {
  it('writes values out so that equal values are equal texts', async () => {
    const texts = await valuesOf(
      'class Point { x = 1 }; const loop = {}; loop.self = loop',
      '{ b: 1, a: [2, , "x\\n"] }',
      'new Map([["b", 2], ["a", -0]])',
      'new Set([3, NaN])',
      '[undefined, null, 12n, new Point(), loop, Symbol("s"), /a/g, new Date(5), Uint8Array.of(1)]',
      '() => 1',
    )
    expect(texts).toEqual([
      '{"a": [2, <empty>, "x\\n"], "b": 1}',
      'Map {"a" => -0, "b" => 2}',
      'Set {3, NaN}',
      '[undefined, null, 12n, Point {"x": 1}, {"self": [circular]}, Symbol(s), /a/g, Date 5, Uint8Array [1]]',
      '[function ]',
    ])
  })

  it('awaits promises', async () => {
    const texts = await valuesOf(
      'const later = async (x) => { await null; if (x < 0) throw new RangeError("below 0"); return x }',
      'later(3)',
      'later(-1)',
      'new Promise(() => {})',
    )
    expect(texts).toEqual(['3', 'RangeError: below 0', 'Error: its promise never settles'])
  })

  it('tells errors of syntax, of loading and of running', async () => {
    expect((await valuesOf('const x = ;', '1'))[0]).toMatch(/^SyntaxError: /)
    expect(await valuesOf('throw new TypeError("no")', '1')).toEqual(['TypeError: no'])
    expect(await valuesOf('', 'missing()', '1 +', 'null.x')).toEqual([
      expect.stringMatching(/^ReferenceError: /),
      expect.stringMatching(/^SyntaxError: /),
      expect.stringMatching(/^TypeError: /),
    ])
  })

  it('gives the same for the same seed, and stops the clock', async () => {
    const expression = '[Math.random(), Math.random(), Date.now(), new Date().getTime(), new Date(0).getHours()]'
    const values = async (seed: number) => (await sandbox.evaluate('', [expression], { seed })).outcomes[0]
    expect(await values(1)).toEqual(await values(1))
    expect(await values(1)).not.toEqual(await values(2))
    expect((await valuesOf('', 'new Date(0).getHours()'))[0]).toBe('0')
    expect((await valuesOf('', 'Date.now() === new Date().constructor.now()'))[0]).toBe('true')
  })

  it('keeps the console, cut with a marker', async () => {
    using small = createSandbox({ outputChars: 10 })
    const { output } = await small.evaluate('console.log("one", [2]); console.log("x".repeat(20))', ['1'])
    expect(output).toBe('one [2]\nxx… [19 more characters]')
  })

  it('cuts long values, of which equal ones stay equal', async () => {
    const [one, other, same] = await valuesOf(
      'const long = (end) => "x".repeat(20000) + end',
      'long("a")',
      'long("b")',
      'long("a")',
    )
    expect(one).toMatch(/… \[10003 more characters, sum [0-9a-f]+\]$/)
    expect(one).toBe(same)
    expect(one).not.toBe(other)
  })
})
