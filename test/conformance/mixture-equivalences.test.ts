/** What must hold of mixtures of experts without any oracle, on every device: see the names of the tests. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { mixtralRouter, nllbRouter, routerRule, stMoeRouter, switchRouter } from '../../src/tensor/index.ts'
import type { RouterRule } from '../../src/tensor/index.ts'
import { normals, seeded } from './random-values.ts'
import { expectEqualBits, runSuite, Suite } from './suite.ts'
import type { Device, Tensor } from './tensor.ts'
import { ops } from './tensor.ts'

const devices: readonly { readonly name: string; readonly create: () => Device }[] = [
  { name: 'reference', create: createReferenceDevice },
  { name: 'wasm', create: () => createWasmDevice() },
]

const sizes = fc.record({
  T: fc.integer({ min: 1, max: 24 }),
  E: fc.integer({ min: 2, max: 9 }),
  D: fc.constantFrom(16, 32, 48),
  F: fc.constantFrom(16, 40),
  seed: fc.nat(),
})
type Sizes = typeof sizes extends fc.Arbitrary<infer S> ? S : never

interface Layer {
  readonly suite: Suite
  readonly x: Tensor
  readonly logits: Tensor
  readonly experts: (choices: Tensor) => Tensor
  readonly dense: () => Tensor
}

/** A layer of E random experts, or of one expert E times; `dense` is its expert 0 alone. */
function createLayer(name: string, { T, E, D, F, seed }: Sizes, identical: boolean): Layer {
  const random = seeded(seed)
  const suite = new Suite(name)
  suite.batch(Array.from({ length: T }, (_, t) => t))
  const stack = (length: number, scale: number): Float32Array => {
    const first = normals(random, length, scale)
    const all = Array.from({ length: E }, (_, expert) =>
      expert === 0 || identical ? first : normals(random, length, scale),
    )
    return Float32Array.from(all.flatMap((values) => [...values]))
  }
  const [up, down] = [stack(F * D, D ** -0.5), stack(D * F, F ** -0.5)]
  const x = suite.rows('x', normals(random, T * D), D)
  const logits = suite.rows('logits', normals(random, T * E), E)
  const { g } = suite
  const weights = {
    up: suite.floats('up', up, [E, F, D]),
    down: suite.floats('down', down, [E, D, F]),
    upOne: suite.floats('up of one', up.slice(0, F * D), [F, D]),
    downOne: suite.floats('down of one', down.slice(0, D * F), [D, F]),
  }
  return {
    suite,
    x,
    logits,
    experts(choices) {
      const inner = ops.activation(g, ops.expertLinear(g, x, choices, { weight: weights.up }), 'relu')
      return ops.combineExperts(g, ops.expertLinear(g, inner, choices, { weight: weights.down }), choices)
    },
    dense: () => ops.matmul(g, ops.activation(g, ops.matmul(g, x, weights.upOne), 'relu'), weights.downOne),
  }
}

async function outputsOf(suite: Suite, device: Device, wanted: Readonly<Record<string, Tensor>>) {
  for (const [name, tensor] of Object.entries(wanted)) suite.g.output(name, tensor)
  const [outputs] = await runSuite(device, suite, suite.batches, 'f32')
  return (name: string): Float32Array => outputs.get(name) as Float32Array
}

const unlimited = (rule: RouterRule): RouterRule => ({ ...rule, capacity: { kind: 'fixed', slots: 1000 } })

describe.each(devices)('mixtures of experts: $name', ({ create }) => {
  it('identical experts with weights that add up to 1 are one dense block', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 2 }), async (own, k) => {
        const { suite, logits, experts, dense } = createLayer('identical', own, true)
        const choices = ops.route(suite.g, logits, { k, renormalise: true })
        const output = await outputsOf(suite, create(), { mixture: experts(choices), dense: dense() })
        output('mixture').forEach((value, index) => expect(value).toBeCloseTo(output('dense')[index], 4))
      }),
      { numRuns: 12 },
    )
  })

  it('more slots than tokens are no limit: the choices of a router without capacity', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (own) => {
        const { suite, logits } = createLayer('unlimited', own, false)
        const rule = unlimited(routerRule(mixtralRouter, 'evaluate'))
        const one = unlimited(routerRule(switchRouter, 'evaluate'))
        const output = await outputsOf(suite, create(), {
          capped: ops.cappedRoute(suite.g, logits, { rule, seed: 0 }, 'two'),
          free: ops.route(suite.g, logits, { k: 2, renormalise: true }),
          'capped one': ops.cappedRoute(suite.g, logits, { rule: one, seed: 0 }, 'one'),
          'free one': ops.route(suite.g, logits, { k: 1, renormalise: false }),
        })
        output('capped').forEach((value, index) => expect(value).toBeCloseTo(output('free')[index], 6))
        expectEqualBits(output('capped one'), output('free one'), 'k = 1')
      }),
      { numRuns: 12 },
    )
  })

  it.each([
    ['Switch', routerRule(switchRouter, 'evaluate')],
    ['ST-MoE', routerRule(stMoeRouter, 'evaluate')],
    ['NLLB', routerRule(nllbRouter, 'evaluate')],
  ])(
    '%s: a token without slots gets exactly nothing, one with all its slots what it gets where there is no limit',
    async (_, rule) => {
      await fc.assert(
        fc.asyncProperty(sizes, fc.integer({ min: 1, max: 3 }), async (own, slots) => {
          const { suite, logits, experts } = createLayer('few slots', own, false)
          const capped = { ...rule, second: { kind: 'all' }, capacity: { kind: 'fixed', slots } } as const
          const choices = ops.cappedRoute(suite.g, logits, { rule: capped, seed: 0 })
          const free = ops.cappedRoute(suite.g, logits, { rule: unlimited(capped), seed: 0 })
          const output = await outputsOf(suite, create(), { y: experts(choices), choices, free: experts(free) })
          const { D, E, T } = own
          const { k } = rule
          const load = new Int32Array(E)
          for (let t = 0; t < T; t++) {
            const chosen = [...output('choices').subarray(t * 2 * k, t * 2 * k + k)].filter((expert) => expert >= 0)
            for (const expert of chosen) load[expert]++
            const row = output('y').subarray(t * D, (t + 1) * D)
            if (chosen.length === 0) expect(row.every((value) => value === 0)).toBe(true)
            if (chosen.length === k) expectEqualBits(row, output('free').subarray(t * D, (t + 1) * D), `token ${t}`)
          }
          for (const tokens of load) expect(tokens).toBeLessThanOrEqual(slots)
        }),
        { numRuns: 12 },
      )
    },
  )
})
