/** Where everything lies in the one memory: control words, step records, weights, arena, inputs, page tables and pages. */
import { OstroError } from '../../util/error.ts'
import type { BlockTypeName } from '../../quant/block-type.ts'
import { groupCaches } from '../../tensor/cache-groups.ts'
import type { CacheGroup } from '../../tensor/cache-groups.ts'
import { pageTokens } from '../../tensor/device.ts'
import type { LoadOptions, WeightSource } from '../../tensor/device.ts'
import type { Dim, Graph } from '../../tensor/graph.ts'
import { countSlots } from '../../tensor/state-slots.ts'
import { planMemory } from '../../tensor/plan.ts'
import type { MemoryPlan } from '../../tensor/plan.ts'
import { control, fewTokens, tableEntryBytes } from './control.ts'
import { cacheCodecs } from './kernels/attention.ts'
import type { CacheCodec } from './kernels/cache-codec.ts'
import type { SharePlaces } from './attention-shares.ts'
import { formatOf, isWeightType } from './lower.ts'
import type { Lowered } from './lower.ts'
import type { DeviceInput, LoweredStep } from './lowering/step.ts'
import { matmulScratchBytes, panelBytes, panelRows } from './panel.ts'
import type { PanelFormat } from './panel.ts'
import { counterBytes } from './kernels/work.ts'
import { settledBytes } from './states.ts'
import type { StateMemory } from './states.ts'
import { stepBytes } from './step-layout.ts'

export interface MatmulPlace {
  readonly source: WeightSource
  readonly format: PanelFormat
  readonly address: number
  readonly sizeBytes: number
}

export interface MemoryLayout {
  readonly sizeBytes: number
  readonly stepCount: number
  readonly stepTable: number
  readonly records: number
  /** Work counters of the steps: [steps][threads], a cache line each; zero before a run. */
  readonly workCounters: { readonly address: number; readonly sizeBytes: number }
  readonly matmuls: ReadonlyMap<string, MatmulPlace>
  /** f32 vectors of norms and biases. */
  readonly vectors: ReadonlyMap<string, { readonly source: WeightSource; readonly address: number }>
  /** Embedding tables that no matmul uses: rows as in the file. */
  readonly tables: ReadonlyMap<string, { readonly source: WeightSource; readonly address: number }>
  /** Working memory of matmuls, the same for all of them. */
  readonly matmulScratch: { readonly address: number; readonly bytesPerThread: number }
  readonly arena: number
  readonly plan: MemoryPlan
  readonly inputs: Readonly<Record<DeviceInput, number>>
  /** States of slot 0; in each slot as `Lowered.states` says. */
  readonly states: StateMemory
  readonly groups: readonly CacheGroup[]
  /** Address of each group's page table, i32 [sequences][tablePages]. */
  readonly pageTables: readonly number[]
  readonly tablePages: number
  readonly counters: number
  /** Working memory of attention-shares.ts. */
  readonly attentionShares: Pick<SharePlaces, 'query' | 'encoded' | 'shares'>
  readonly codec: CacheCodec
  /** By cache index. */
  readonly pages: readonly {
    readonly group: number
    /** Pages of each head. */
    readonly count: number
    /** Addresses, [kvHeads][count] pages each. */
    readonly keys: number
    readonly values: number
  }[]
  readonly bytes: { readonly weights: number; readonly arena: number; readonly cache: number }
}

const line = 64

export function layOut(
  graph: Graph,
  lowered: Lowered,
  sources: ReadonlyMap<string, WeightSource>,
  options: LoadOptions,
  threads: number,
): MemoryLayout {
  let end: number = control.bytes
  const take = (sizeBytes: number): number => {
    const address = end
    end = Math.ceil((end + sizeBytes) / line) * line
    return address
  }
  const stepTable = take(lowered.steps.length * tableEntryBytes)
  const records = take(lowered.steps.length * stepBytes)
  const counterSize = lowered.steps.length * threads * counterBytes
  const workCounters = { address: take(counterSize), sizeBytes: counterSize }
  const inputs = {
    positions: take(options.maxTokens * 4),
    sequences: take(options.maxTokens * 4),
    lasts: take(options.maxTokens * 4),
    rows: take(options.maxRows * 4),
  }
  const groups = groupCaches(graph.caches, options)
  const tablePages = options.cache.pages
  const pageTables = groups.map(() => take(options.cache.sequences * tablePages * 4))

  const weightsStart = end
  const { matmuls, vectors, tables } = placeWeights(lowered, sources, take)
  const weights = end - weightsStart
  const scratchBytes = [...matmuls.values()].map(({ format, source }) => matmulScratchBytes(format, widthOf(source)))
  const bytesPerThread = Math.max(0, ...scratchBytes)
  const matmulScratch = { address: take(bytesPerThread * threads), bytesPerThread }

  const plan = planArena(lowered, options, threads)
  const arena = take(plan.sizeBytes)
  const counters = take(Math.max(0, ...lowered.steps.map(attentionTiles)) * 4)
  const widestHead = Math.max(0, ...graph.caches.map(({ headDim }) => headDim))
  const codec = cacheCodecs[options.cache.type]
  const attentionShares = {
    query: take(widestHead * 4),
    encoded: take(codec.queryBytes(widestHead)),
    shares: take(graph.caches.length === 0 ? 0 : tablePages * pageTokens * 4),
  }
  const cacheStart = end
  const pages = placePages(graph, groups, codec, take)
  const slots = countSlots(options)
  const states = {
    layout: lowered.states,
    slots,
    address: take(slots * lowered.states.slotBytes),
    settled: take(settledBytes(lowered.states)),
  }
  return {
    sizeBytes: end,
    stepCount: lowered.steps.length,
    stepTable,
    records,
    workCounters,
    matmuls,
    vectors,
    tables,
    matmulScratch,
    arena,
    plan,
    inputs,
    states,
    groups,
    pageTables,
    tablePages,
    counters,
    attentionShares,
    codec,
    pages,
    bytes: { weights, arena: plan.sizeBytes, cache: end - cacheStart },
  }
}

type Take = (sizeBytes: number) => number

function placeWeights(
  lowered: Lowered,
  sources: ReadonlyMap<string, WeightSource>,
  take: Take,
): Pick<MemoryLayout, 'matmuls' | 'vectors' | 'tables'> {
  const matmuls = new Map<string, MatmulPlace>()
  const vectors = new Map<string, { source: WeightSource; address: number }>()
  const tables = new Map<string, { source: WeightSource; address: number }>()
  const sourceOf = (name: string): WeightSource => {
    const source = sources.get(name)
    if (source !== undefined) return source
    throw new OstroError('invalid-file', `wasm device: expected a tensor '${name}', the model has none.`, {
      tensor: name,
    })
  }
  for (const value of lowered.steps.flatMap(({ fields }) => Object.values(fields))) {
    if (value.kind !== 'weight') continue
    const source = sourceOf(value.name)
    if (value.use === 'vector') {
      if (!vectors.has(value.name)) vectors.set(value.name, { source, address: take(elements(source.shape) * 4) })
    } else if (!matmuls.has(value.name)) {
      const [n, k] = source.shape.slice(-2) as [number, number]
      const format = formatOf(source.type)
      const sizeBytes = countMatrices(source) * Math.ceil(n / panelRows) * panelBytes(format, k)
      matmuls.set(value.name, { source, format, address: take(sizeBytes), sizeBytes })
    }
  }
  for (const task of lowered.hostTasks) {
    if (task.kind !== 'embedding' || matmuls.has(task.weight) || tables.has(task.weight)) continue
    const source = sourceOf(task.weight)
    tables.set(task.weight, { source, address: take(source.sizeBytes) })
  }
  return { matmuls, vectors, tables }
}

function placePages(graph: Graph, groups: readonly CacheGroup[], codec: CacheCodec, take: Take): MemoryLayout['pages'] {
  return graph.caches.map(({ kvHeads, headDim }, cache) => {
    const group = groups.findIndex(({ members }) => members.includes(cache))
    const count = (groups[group] as CacheGroup).pages
    return {
      group,
      count,
      keys: take(count * kvHeads * codec.keyBytes(headDim)),
      values: take(count * kvHeads * codec.valueBytes(headDim)),
    }
  })
}

/** Attention counts the finished chunks of a tile when few tokens run; no more tiles than rows. */
function attentionTiles({ kernel, fields }: LoweredStep): number {
  const heads = fields.heads
  return kernel.startsWith('attention') && heads?.kind === 'integer' ? fewTokens * heads.value : 1
}

/** Rows that a symbol may stand for at most. */
export const mostRows = (dim: Dim, { maxTokens, maxRows }: LoadOptions): number =>
  dim === 'T' ? maxTokens : dim === 'R' ? maxRows : dim

function planArena(lowered: Lowered, options: LoadOptions, threads: number): MemoryPlan {
  // Host tensors are written before the first step, so they come first in the plan.
  const host = lowered.hostTasks.map(({ output }) => ({
    inputs: [],
    output,
    outputBytes: padded((lowered.hostTensors.get(output) ?? 0) * options.maxTokens),
  }))
  // ... and are all alive together until then.
  const firstStep = { inputs: host.map(({ output }) => output), output: -1, outputBytes: line }
  const steps = lowered.steps.map((step: LoweredStep) => ({
    inputs: step.inputs,
    output: step.output,
    outputBytes: padded(step.rowBytes * mostRows(step.rows, options)),
    scratchBytes: step.sharedScratchBytes + step.scratchBytesPerThread * threads,
  }))
  return planMemory(
    [...host, firstStep, ...steps],
    [...lowered.outputs.values()].map(({ tensor }) => tensor),
    line,
  )
}

/** Elementwise kernels work on whole vectors, so every tensor ends at a cache line. */
const padded = (sizeBytes: number): number => Math.ceil(sizeBytes / line) * line

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1)

/** K of a weight [N, K] or [E, N, K]. */
const widthOf = ({ shape }: WeightSource): number => shape[shape.length - 1] as number

/** A weight [N, K] is one matrix, the experts of a mixture [E, N, K] are E, each padded to whole panels. */
export const countMatrices = ({ shape }: WeightSource): number => elements(shape.slice(0, -2))

/** Weight types that have no fast kernel and are decoded to f32 at load, for a notice. */
export function expandedWeights(layout: MemoryLayout): ReadonlyMap<BlockTypeName, number> {
  const counts = new Map<BlockTypeName, number>()
  for (const { source, format } of layout.matmuls.values()) {
    const kept = source.type === 'f32' || format.kind !== 'float' || format.element !== 'f32'
    if (!kept && isWeightType(source.type)) counts.set(source.type, (counts.get(source.type) ?? 0) + 1)
  }
  return counts
}
