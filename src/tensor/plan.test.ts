import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeGraph, planGraph } from './graph-plan.ts'
import { Graph } from './graph.ts'
import { add, embedding, matmul, scale } from './ops/index.ts'
import { planMemory } from './plan.ts'
import type { PlanStep } from './plan.ts'

/** Steps in which each reads some of the tensors made before it, and some weights (numbers from 1000 on). */
const steps: fc.Arbitrary<PlanStep[]> = fc
  .array(
    fc.record({
      reads: fc.array(fc.nat(1000), { maxLength: 3 }),
      outputBytes: fc.integer({ min: 0, max: 5000 }),
      scratchBytes: fc.integer({ min: 0, max: 2000 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((rows) =>
    rows.map(({ reads, outputBytes, scratchBytes }, output) => ({
      inputs: reads.map((read) => (output === 0 ? 1000 + read : read % output)),
      output,
      outputBytes,
      scratchBytes,
    })),
  )

describe('planMemory', () => {
  it('never lets two live tensors overlap', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(59), { maxLength: 3 }), (list, chosen) => {
        const pinned = chosen.filter((tensor) => tensor < list.length)
        const plan = planMemory(list, pinned)
        // Independent of the planner's own notion of life: walk the steps and keep who will be read later.
        list.forEach((step, at) => {
          const live = list.flatMap(({ output, outputBytes }, made) => {
            const later = list.some(({ inputs }, reader) => reader >= at && inputs.includes(output))
            const needed = made === at || (made < at && (later || pinned.includes(output)))
            return needed ? [{ start: plan.offsets.get(output) ?? NaN, bytes: outputBytes }] : []
          })
          if ((step.scratchBytes ?? 0) > 0) {
            live.push({ start: plan.scratchOffsets[at], bytes: step.scratchBytes ?? 0 })
          }
          for (const [index, a] of live.entries()) {
            expect(a.start % 64).toBe(0)
            expect(a.start + a.bytes).toBeLessThanOrEqual(plan.sizeBytes)
            for (const b of live.slice(index + 1)) {
              const apart = a.start + a.bytes <= b.start || b.start + b.bytes <= a.start
              expect(apart || a.bytes === 0 || b.bytes === 0).toBe(true)
            }
          }
        })
      }),
      { numRuns: 200 },
    )
  })

  it('runs a chain of any length in two buffers', () => {
    const chain = Array.from({ length: 100 }, (_, output) => ({
      inputs: output === 0 ? [] : [output - 1],
      output,
      outputBytes: 1000,
    }))
    expect(planMemory(chain).sizeBytes).toBe(2 * 1024)
  })

  it('keeps pinned tensors to the end', () => {
    const chain = Array.from({ length: 5 }, (_, output) => ({
      inputs: output === 0 ? [] : [output - 1],
      output,
      outputBytes: 64,
    }))
    const plan = planMemory(chain, [0])
    const others = [1, 2, 3, 4].map((tensor) => plan.offsets.get(tensor))
    expect(others).not.toContain(plan.offsets.get(0))
  })

  it('refuses steps out of order and tensors made twice', () => {
    const early = [
      { inputs: [1], output: 0, outputBytes: 4 },
      { inputs: [], output: 1, outputBytes: 4 },
    ]
    const twice = [
      { inputs: [], output: 0, outputBytes: 4 },
      { inputs: [], output: 0, outputBytes: 4 },
    ]
    expect(() => planMemory(early)).toThrow('reads tensor 1')
    expect(() => planMemory(twice)).toThrow('made by steps 0 and 1')
  })
})

describe('describeGraph', () => {
  it('prints steps, shapes, offsets and the arena', () => {
    const g = new Graph()
    const x = embedding(g, g.weight('token_embd.weight', [10, 8], 'q8_0'), g.input('tokens'))
    const y = g.scope('blk.0.', () => add(g, x, scale(g, x, 2), 'residual'))
    g.output('logits', matmul(g, y, g.weight('output.weight', [10, 8], 'f32'), 'logits'))
    const text = describeGraph(g, { T: 3, R: 1 })
    expect(text).toContain('blk.0.residual [3, 8]')
    expect(text).toContain('output.weight:f32')
    expect(text).toContain('factor=2')
    expect(text).toMatch(/arena \d+ bytes/)
    expect(planGraph(g, { T: 6, R: 1 }).sizeBytes).toBeGreaterThan(planGraph(g, { T: 1, R: 1 }).sizeBytes)
  })
})
