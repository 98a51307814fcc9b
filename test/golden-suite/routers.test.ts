/** Every routing rule of the golden set against its oracle: choices, positions, drops, weights, losses and gradients. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import {
  balanceLoss,
  cappedRoute,
  capacityOf,
  combineGradient,
  combineWeights,
  constantSource,
  embedding,
  Graph,
  pooledBalanceLoss,
  routeTokens,
  routingStatistics,
  zLoss,
} from '../../src/tensor/index.ts'
import type { Device, RouterRule, SecondPolicy } from '../../src/tensor/index.ts'
import { goldenF32, goldenI32, goldenRoot, readGoldenTensors } from '../support/golden.ts'
import { describeFolder, expectClose, readJson } from './support.ts'
import type { Tolerance } from './support.ts'

interface RouterVariant {
  readonly S: number
  readonly E: number
  readonly k: number
  readonly capacity: number
  /** Absent where the capacity is given. */
  readonly capacityFactor?: number
  /** In words and formulas. */
  readonly rule: string
  readonly countSkipped: boolean
  readonly renorm: string
  readonly second: string
  readonly batchPrioritised: boolean
  readonly droppedFirst: number
  readonly droppedSecond: number
  readonly unusedSecond: number
  readonly tokensWithoutExpert: number
}

interface LossVariant {
  readonly layers: number
  readonly E: number
  readonly k: number
}

interface RoutersCase {
  readonly variants: Readonly<Record<string, RouterVariant | LossVariant>>
  readonly tolerance: { readonly all: Tolerance }
}

/** The case's names of what happens to second choices. */
const policies: Readonly<Record<string, SecondPolicy>> = {
  '-': { kind: 'all' },
  all: { kind: 'all' },
  gshard: { kind: 'random', factor: 2, gate: 'normalised' },
  'st-moe-ratio': { kind: 'threshold', least: 0.2, of: 'first' },
  'mesh-random': { kind: 'random', factor: 1 / 0.2, gate: 'normalised' },
  'mesh-threshold': { kind: 'threshold', least: 0.2, of: 'sum' },
  'nllb-random': { kind: 'random', factor: 2, gate: 'raw' },
}

const renormalisations: Readonly<Record<string, RouterRule['renormalise']>> = {
  none: 'never',
  before: 'before-drop',
  after: 'after-drop',
}

const devices: readonly { readonly name: string; readonly create: () => Promise<Device> }[] = [
  { name: 'reference', create: async () => createReferenceDevice() },
  { name: 'wasm', create: async () => createWasmDevice() },
]

const folder = join(goldenRoot, 'routers')

describeFolder(folder, 'golden: routers', () => {
  const { variants, tolerance } = readJson<RoutersCase>(join(folder, 'case.json'))

  for (const [name, variant] of Object.entries(variants)) {
    const tensors = readGoldenTensors(join(folder, `${name}.safetensors`))
    const close = (got: ArrayLike<number>, what: string): void =>
      expectClose(got, goldenF32(tensors, what), tolerance.all, `${name}: ${what}`)

    if ('layers' in variant) {
      it(`${name}: losses of several layers`, () => {
        const { layers, E, k } = variant
        const all = goldenF32(tensors, 'logits')
        const size = all.length / layers
        const logits = Array.from({ length: layers }, (_, layer) => all.subarray(layer * size, (layer + 1) * size))
        const routings = (renormalise: RouterRule['renormalise']) =>
          logits.map((layer) => routeTokens(layer, E, { ...dropless(k), renormalise }))
        const renormalised = routings('before-drop')
        expect(renormalised.flatMap(({ choices }) => [...choices])).toEqual([...goldenI32(tensors, 'experts')])
        close(
          renormalised.flatMap(({ weights }) => [...weights]),
          'weightsRenormalised',
        )
        close(
          routings('never').flatMap(({ weights }) => [...weights]),
          'weightsRaw',
        )

        const pooled = pooledBalanceLoss(logits, E, k)
        close([pooled.value], 'auxHf')
        close(
          pooled.gradients.flatMap((gradient) => [...gradient]),
          'grad.auxHf',
        )
        for (const [what, loss] of [
          ['auxSwitchSum', balanceLoss],
          ['zLossSum', zLoss],
        ] as const) {
          const losses = logits.map((layer) => loss(layer, E))
          close([losses.reduce((sum, { value }) => sum + value, 0)], what)
          close(
            losses.flatMap(({ gradient }) => [...gradient]),
            `grad.${what}`,
          )
        }
      })
      continue
    }

    it(`${name}: choices, positions, drops, weights and their gradient`, () => {
      const { S, E, k } = variant
      const rule = ruleOf(variant, variants)
      expect(capacityOf(rule, S, E), 'capacity').toBe(variant.capacity)
      const draws = rule.second.kind === 'random' ? goldenF32(tensors, 'draws') : undefined
      const routing = routeTokens(goldenF32(tensors, 'logits'), E, rule, { draws })
      close(routing.probabilities, 'probs')
      for (let rank = 0; rank < 2; rank++) {
        const column = (values: ArrayLike<number>, absent: number): number[] =>
          Array.from({ length: S }, (_, t) => (rank < k ? values[t * k + rank] : absent))
        const golden = (what: string): number[] => [...goldenI32(tensors, `${what}${rank + 1}`)]
        expect(column(routing.choices, -1), `experts of rank ${rank}`).toEqual(golden('expert'))
        expect(column(routing.positions, -1), `positions of rank ${rank}`).toEqual(golden('position'))
        expect(column(routing.kept, 0), `kept of rank ${rank}`).toEqual(golden('kept'))
      }
      close(combineWeights(routing), 'combine')
      const { dropped, refused, unrouted } = routingStatistics(routing)
      expect([dropped[0], dropped[1] ?? 0]).toEqual([variant.droppedFirst, variant.droppedSecond])
      expect([refused, unrouted]).toEqual([variant.unusedSecond, variant.tokensWithoutExpert])

      const upstream = goldenF32(tensors, 'upstream')
      close([combineWeights(routing).reduce((sum, weight, index) => sum + weight * upstream[index], 0)], 'combineLoss')
      close(combineGradient(routing, upstream), 'grad.combineLoss')
    })

    for (const device of devices) {
      it(`${name}: ${device.name}`, async () => {
        const { S, E, k } = variant
        const rule = ruleOf(variant, variants)
        const draws = rule.second.kind === 'random' ? [...goldenF32(tensors, 'draws')] : undefined
        const choices = await runRouter(await device.create(), goldenF32(tensors, 'logits'), E, {
          rule,
          seed: 0,
          draws,
        })
        const combine = new Float64Array(S * E)
        for (let t = 0; t < S; t++)
          for (let rank = 0; rank < k; rank++) {
            const expert = choices[t * 2 * k + rank]
            if (expert >= 0) combine[t * E + expert] = choices[t * 2 * k + k + rank]
          }
        close(combine, 'combine')
      })
    }

    it(`${name}: balance and z-loss`, () => {
      const logits = goldenF32(tensors, 'logits')
      close([balanceLoss(logits, variant.E, 'gshard').value], 'auxGshard')
      for (const [what, loss] of [
        ['aux', balanceLoss],
        ['zLoss', zLoss],
      ] as const) {
        const { value, gradient } = loss(logits, variant.E)
        close([value], what)
        close(gradient, `grad.${what}`)
      }
    })
  }
})

/** The rule as an op of a graph; gives choices [S, 2 k]. */
async function runRouter(
  device: Device,
  logits: Float32Array,
  E: number,
  attributes: { readonly rule: RouterRule; readonly seed: number; readonly draws: readonly number[] | undefined },
): Promise<Float32Array> {
  await using hardware = device
  const S = logits.length / E
  const g = new Graph()
  const rows = embedding(g, g.weight('logits', [S, E], 'f32'), g.input('tokens'))
  g.output('choices', cappedRoute(g, rows, attributes))
  const weights = new Map([['logits', constantSource('logits', logits, [S, E])]])
  const program = await hardware.load(g, weights, {
    maxTokens: S,
    maxRows: 1,
    cache: { pages: 1, sequences: 1, type: 'f32' },
  })
  const positions = Int32Array.from({ length: S }, (_, t) => t)
  const batch = { tokens: positions, positions, sequences: new Int32Array(S), rows: Int32Array.of(0) }
  return (program.run(batch).get('choices') ?? new Float32Array(0)).slice()
}

function dropless(k: number): RouterRule {
  return {
    k,
    renormalise: 'before-drop',
    capacity: undefined,
    groupSize: undefined,
    second: { kind: 'all' },
    refusedTakesSlot: false,
    priority: 'position',
  }
}

function ruleOf(variant: RouterVariant, variants: RoutersCase['variants']): RouterRule {
  const { k, capacity, capacityFactor, second, renorm, countSkipped, batchPrioritised } = variant
  const timesK = capacityFormula(variant, variants).includes(`${k}*CF`)
  const policy = policies[second]
  const renormalise = renormalisations[renorm]
  if (policy === undefined || renormalise === undefined) throw new Error(`unknown rule '${second}' or '${renorm}'`)
  return {
    k,
    renormalise,
    capacity:
      capacityFactor === undefined
        ? { kind: 'fixed', slots: capacity }
        : { kind: 'factor', factor: capacityFactor, timesK, minimum: 0 },
    groupSize: undefined,
    second: policy,
    refusedTakesSlot: countSkipped,
    priority: batchPrioritised ? 'probability' : 'position',
  }
}

/** The case states the formula of the capacity in words (`floor(2*CF*S/E)`), or says which other case has the same. */
function capacityFormula({ rule }: RouterVariant, variants: RoutersCase['variants']): string {
  const other = variants[/^as ([\w-]+)/.exec(rule)?.[1] ?? '']
  return other === undefined || 'layers' in other ? rule : other.rule
}
