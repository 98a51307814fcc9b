/** Slots of experts: every rule, few slots and many, ties, interleaved sequences, documents that begin in the middle of a run. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import type { Capacity, RouterRule, SecondPolicy } from '../../src/tensor/index.ts'
import { deviceVariants } from './device-variants.ts'
import { normals, seeded } from './random-values.ts'
import { exact, expectEqualBits, near, runSuite, Suite, testSuite } from './suite.ts'
import type { Outputs } from './suite.ts'
import { ops } from './tensor.ts'

const mostTokens = 40
const sequences = 3

const plain: RouterRule = {
  k: 2,
  renormalise: 'never',
  capacity: undefined,
  groupSize: undefined,
  second: { kind: 'all' },
  refusedTakesSlot: false,
  priority: 'position',
}

/** Logits with rows of equal values and rows that are alike, so that ties are met. */
function logitsOf(suite: Suite, name: string, E: number) {
  const values = normals(seeded(E), mostTokens * E, 2)
  values.fill(0.5, 3 * E, 4 * E)
  values.copyWithin(7 * E, 6 * E, 7 * E)
  return suite.rows(`logits ${name}`, values, E)
}

const tokens = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

function addBatches(suite: Suite): void {
  for (const count of [1, 2, mostTokens]) suite.batch(tokens(count))
  // Each sequence goes on where its last run ended ...
  suite.batch(tokens(30), {
    sequences: tokens(30).map((t) => t % 3),
    positions: tokens(30).map((t) => mostTokens + Math.floor(t / 3)),
  })
  // ... and new documents begin in the middle of a run.
  suite.batch(tokens(14), {
    sequences: tokens(14).map((t) => (t % 5 === 0 ? 1 : 2)),
    positions: tokens(14).map((t) => (t === 4 ? 0 : 60 + t)),
  })
}

/** Choices of whole numbers are exact; weights are an exponential of f32. */
function addRule(suite: Suite, name: string, E: number, rule: RouterRule): void {
  const routed = ops.cappedRoute(suite.g, logitsOf(suite, name, E), { rule, seed: 11 }, name)
  const { experts, weights } = ops.splitChoices(suite.g, routed)
  suite.output(`${name}: experts`, experts, { bound: exact })
  suite.output(`${name}: weights`, weights, { bound: near(1e-5, 1e-7) })
}

const ordered = new Suite('slots in order', { sequences })
for (const [E, slots] of [
  [2, 1],
  [5, 4],
  [8, 3],
  [70, 2],
  [8, 1000],
] as const) {
  const capacity = { kind: 'fixed', slots } as const
  addRule(ordered, `${E} experts, ${slots} slots`, E, { ...plain, k: 1, capacity })
}
addRule(ordered, 'normalised', 5, {
  ...plain,
  k: 1,
  renormalise: 'before-drop',
  capacity: { kind: 'fixed', slots: 4 },
})
addBatches(ordered)
testSuite(ordered)

const seconds: readonly SecondPolicy[] = [
  { kind: 'all' },
  { kind: 'none' },
  { kind: 'threshold', least: 0.2, of: 'first' },
  { kind: 'threshold', least: 0.3, of: 'sum' },
  { kind: 'random', factor: 2, gate: 'normalised' },
  { kind: 'random', factor: 2, gate: 'raw' },
]
const capacities: readonly Capacity[] = [
  { kind: 'factor', factor: 0.75, timesK: true, minimum: 1 },
  { kind: 'fraction', fraction: 0.3 },
  { kind: 'even-share' },
]
const grouped = new Suite('slots in groups', { sequences })
for (const second of seconds)
  for (const priority of ['position', 'probability'] as const)
    for (const renormalise of ['never', 'before-drop', 'after-drop'] as const) {
      const index = grouped.outputs.size / 2
      const rule: RouterRule = {
        ...plain,
        second,
        priority,
        renormalise,
        capacity: capacities[index % capacities.length],
        refusedTakesSlot: index % 2 === 1,
        groupSize: index % 4 === 3 ? 7 : undefined,
      }
      addRule(grouped, `rule ${index}: ${JSON.stringify(rule)}`, 6, rule)
    }
addRule(grouped, 'three of eight', 8, { ...plain, k: 3, capacity: { kind: 'fixed', slots: 5 } })
addBatches(grouped)

// What a token gets depends on the run here, so nothing is promised about tokens one by one.
describe(grouped.name, () => {
  let reference: Outputs[]
  const firstOfFamily = new Map<string, Outputs[]>()
  beforeAll(async () => {
    reference = await runSuite(createReferenceDevice(), grouped, grouped.batches, 'f32')
  })
  it.each(deviceVariants)('$name: as the reference device, bit by bit alike within a family', async (variant) => {
    const results = await runSuite(variant.create(), grouped, grouped.batches)
    const first = firstOfFamily.get(variant.family) ?? results
    firstOfFamily.set(variant.family, first)
    results.forEach((outputs, run) => {
      for (const [name, { bound }] of grouped.outputs) {
        const got = outputs.get(name) as Float32Array
        const want = reference[run].get(name) as Float32Array
        const most = bound({ values: want })
        const worst = got.findIndex((value, index) => !(Math.abs(value - want[index]) <= most(index)))
        expect(worst < 0 ? undefined : `[${worst}]: ${got[worst]}, not ${want[worst]}`, `${name}, run ${run}`).toBe(
          undefined,
        )
        expectEqualBits(got, first[run].get(name) as Float32Array, `${name}, run ${run}`)
      }
    })
  })

  it('refuses sampled second experts by name', async () => {
    const suite = new Suite('sampling')
    addRule(suite, 'sampled', 4, { ...plain, second: { kind: 'sampling' } })
    suite.batch([0])
    await expect(runSuite(createWasmDevice(), suite, suite.batches)).rejects.toMatchObject({ code: 'unsupported' })
  })
})
