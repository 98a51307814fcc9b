import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignSlots } from './choose-experts.ts'
import { explain, knownArchitectures, renderExplanation } from './index.ts'
import type { Explanation, LabelledMatrix } from './index.ts'

const plain = { width: 80, bold: (text: string) => text, dim: (text: string) => text }

function matrixOf({ steps }: Explanation, id: string): LabelledMatrix {
  const found = steps.flatMap(({ matrices }) => matrices).find((matrix) => matrix.id === id)
  if (found === undefined) throw new Error(`no matrix ${id}`)
  return found
}

describe('explain router', () => {
  // Worked on paper beforehand, in the project's specification.
  it('routes the published example in fractions', async () => {
    const page = await explain('router')
    expect(matrixOf(page, 'L').values).toEqual([
      ['-1', '0', '1'],
      ['2', '-1', '1'],
      ['1', '-1', '2'],
      ['0', '-1', '3'],
    ])
    expect(matrixOf(page, 'p').values).toEqual([
      ['1/13', '3/13', '9/13'],
      ['27/37', '1/37', '9/37'],
      ['9/37', '1/37', '27/37'],
      ['3/85', '1/85', '81/85'],
    ])
    expect(matrixOf(page, 'weights').values).toEqual([
      ['3/4', '1/4'],
      ['3/4', '1/4'],
      ['3/4', '1/4'],
      ['27/28', '1/28'],
    ])
    expect(matrixOf(page, 'kept').values).toEqual([
      ['e3 kept', 'e2 kept'],
      ['e1 kept', 'e3 full'],
      ['e3 full', 'e1 full'],
      ['e3 full', 'e1 full'],
    ])
    expect(matrixOf(page, 'y').values.slice(2)).toEqual(matrixOf(page, 'X').values.slice(2))
    expect(matrixOf(page, 'P').values).toEqual([['11092/40885', '6063/81770', '53523/81770']])
    expect(matrixOf(page, 'balance').values).toEqual([['548259/327080']])
  })

  it('lets weights sum to 1 over what is left when told so', async () => {
    const input = { X: [[1], [1]], W: [[2], [1]], capacityFactor: 0.5, renormalise: 'after' }
    const page = await explain('router', { input })
    expect(matrixOf(page, 'kept').values).toEqual([
      ['e1 kept', 'e2 kept'],
      ['e1 full', 'e2 full'],
    ])
    const one = await explain('router', { input: { ...input, X: [[1], [-1]] } })
    // Each token's first choice is the only one with a slot: 1 + 10, and -1 - 100.
    expect(matrixOf(one, 'y').values).toEqual([['11'], ['-101']])
  })

  it('never gives an expert more tokens than it has slots', () => {
    const ranked = fc.array(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 2, maxLength: 2 }), { minLength: 1 })
    fc.assert(
      fc.property(ranked, fc.integer({ min: 1, max: 4 }), (choices, capacity) => {
        const kept = assignSlots(choices, capacity)
          .flat()
          .filter(({ slot }) => slot !== undefined)
        const places = kept.map(({ expert, slot }) => `${expert} ${slot}`)
        expect(new Set(places).size).toBe(places.length)
        expect(Math.max(...kept.map(({ slot = 0 }) => slot))).toBeLessThan(capacity)
      }),
    )
  })
})

describe('explain scan', () => {
  it('scans the published example in fractions', async () => {
    const page = await explain('scan')
    expect(matrixOf(page, 'h').values).toEqual([
      ['4', '0'],
      ['4', '0'],
      ['17', '16'],
      ['17/2', '4'],
    ])
    expect(matrixOf(page, 'y').values.flat()).toEqual(['6', '5', '5', '33/2'])
    expect(matrixOf(page, 'Mx').values).toEqual(matrixOf(page, 'y').values)
  })

  it('gives the same with real numbers where the decays are the same', async () => {
    // softplus(ln(e^d - 1)) = d, and A = -ln 2 and -2 ln 2.
    const delta = [1, 2, 2, 1].map((step) => Math.log(Math.expm1(step)))
    const ALog = [Math.log(Math.LN2), Math.log(2 * Math.LN2)]
    const shared = { x: [4, 2, 8, 0], B: [[1, 0], [1, 1], [1, 1], [0, 1]], C: [[1, 1], [1, 1], [1, -1], [1, 2]], D: 0.5 } // prettier-ignore
    const whole = await explain('scan', { input: { ...shared, delta: [1, 2, 2, 1], halvings: [1, 2] } })
    const real = await explain('scan', { approximation: 'exact', input: { ...shared, delta, ALog } })
    const wanted = matrixOf(whole, 'y').decimals?.flat() ?? []
    matrixOf(real, 'y')
      .decimals?.flat()
      .forEach((value, t) => expect(value).toBeCloseTo(wanted[t], 9))
  })
})

describe('explain', () => {
  it.each([
    ['attention', { X: [[1]], WQ: [[1, 2]], WK: [[1]], WV: [[1]] }, 'WQ'],
    ['attention', { X: [[1]], WQ: [[1]], WK: [[1]] }, 'WV'],
    ['attention', { X: [['1/0']], WQ: [[1]], WK: [[1]], WV: [[1]] }, 'X'],
    ['attention', { X: [[1000000]], WQ: [[1]], WK: [[1]], WV: [[1]] }, 'floor'],
    ['attention', [], 'JSON object'],
    ['router', { X: [[1]], W: [[1]], top: 1 }, 'top'],
    ['router', { X: [[1]], W: [[1]], k: 2 }, 'k'],
    ['scan', { x: [1], delta: ['1/2'], halvings: [1], B: [[1]], C: [[1]], D: 0 }, 'whole numbers'],
    ['scan', { x: [1], delta: [1, 2], halvings: [1], B: [[1]], C: [[1]], D: 0 }, 'delta'],
    ['llama', {}, 'llama'],
  ])('refuses input that does not fit: %s %j', async (topic, input, named) => {
    await expect(explain(topic, { input })).rejects.toThrow(
      expect.objectContaining({
        name: 'OstroError',
        code: 'invalid-argument',
        message: expect.stringContaining(named),
      }),
    )
  })

  it('names what it knows', async () => {
    await expect(explain('no-such-thing')).rejects.toThrow(/attention, router, scan, llama/)
  })

  it.each(knownArchitectures())('has a page for %s', async (name) => {
    const page = await explain(name)
    expect(page.sources.length, 'a source in architecture-notes.ts').toBeGreaterThan(0)
    const ops = page.steps.flatMap(({ matrices }) => matrices).filter(({ id }) => id === 'op')
    const kinds = new Set(ops.flatMap(({ rows }) => rows))
    const told = new Set(page.steps.flatMap(({ terms = [] }) => terms.map(({ term }) => term)))
    expect(
      [...kinds].filter((kind) => !told.has(kind)),
      'a sentence in op-sentences.ts',
    ).toEqual([])
    expect(JSON.stringify(page)).not.toMatch(/NaN|Infinity/)
    expect(JSON.parse(JSON.stringify(page))).toEqual(page)
  })

  it('fits its text into the width', async () => {
    for (const topic of ['attention', 'router', 'scan', 'llama']) {
      const lines = renderExplanation(await explain(topic), plain).split('\n')
      expect(lines.filter((line) => line.length > plain.width)).toEqual([])
    }
  })
})
