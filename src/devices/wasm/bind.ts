/** Writes the step table: resolves each field of each lowered step to a number, and decides where threads must meet. */
import { OstroError } from '../../util/error.ts'
import type { LoadOptions } from '../../tensor/device.ts'
import type { Dim } from '../../tensor/graph.ts'
import { control, entryFlags, tableEntryBytes } from './control.ts'
import { kernelFor } from './kernels/index.ts'
import { counterBytes } from './kernels/work.ts'
import type { MemoryLayout } from './layout.ts'
import { mostRows } from './layout.ts'
import type { Lowered } from './lower.ts'
import type { FieldValue, LoweredStep } from './lowering/step.ts'
import { panelBytes, panelRows } from './panel.ts'
import type { StatePlace } from './states.ts'
import { stepBytes } from './step-layout.ts'

/** Aim of one chunk of weights: long enough to stream, short enough to share out. */
const chunkBytes = 24 * 1024

export interface Binding {
  readonly kernelIndex: (key: string) => number
  readonly threads: number
  readonly options: LoadOptions
}

export function bindSteps(memory: DataView, lowered: Lowered, layout: MemoryLayout, binding: Binding): void {
  const barriers = placeBarriers(lowered, layout, binding)
  lowered.steps.forEach((step, index) => {
    const record = layout.records + index * stepBytes
    const { fields } = kernelFor(step.kernel)
    const counters = layout.workCounters.address + index * binding.threads * counterBytes
    memory.setBigUint64(record, BigInt(counters), true)
    const write = (name: string, value: FieldValue) => {
      const offset = fields[name]
      if (offset === undefined) throw new OstroError('device', `wasm device: ${step.kernel} has no field '${name}'`)
      writeField(memory, record + offset, value, { step, index, layout, options: binding.options })
    }
    for (const [name, value] of Object.entries(step.fields)) write(name, value)
    if (step.kernel.startsWith('matmul')) {
      const place = layout.matmuls.get(step.work.weight ?? '')
      if (place === undefined) throw new OstroError('device', `wasm device: ${step.label} has no weight`)
      const [n, k] = place.source.shape.slice(-2) as [number, number]
      const panels = Math.ceil(n / panelRows)
      const wanted = Math.max(1, Math.floor(chunkBytes / panelBytes(place.format, k)))
      const shared = Math.max(1, Math.ceil(panels / (binding.threads * 4)))
      write('panelsPerChunk', { kind: 'integer', value: Math.min(wanted, shared) })
      write('scratch', { kind: 'matmul-scratch' })
      write('scratchBytes', { kind: 'integer', value: layout.matmulScratch.bytesPerThread })
    }
    const entry = layout.stepTable + index * tableEntryBytes
    memory.setInt32(entry, binding.kernelIndex(step.kernel), true)
    memory.setInt32(entry + 4, flagsOf(lowered.steps, barriers, index), true)
    memory.setBigUint64(entry + 8, BigInt(record), true)
  })
  memory.setInt32(control.one, 1, true)
  memory.setInt32(control.stepCount, lowered.steps.length, true)
  memory.setBigUint64(control.stepTable, BigInt(layout.stepTable), true)
}

/** Everything is light but the matmuls, attention, and steps that state much work or write more than some kilobytes a row. */
const isLight = ({ kernel, rowBytes, work }: LoweredStep): boolean =>
  !kernel.startsWith('matmul') &&
  !kernel.startsWith('attention') &&
  rowBytes <= lightRowBytes &&
  work.multiplyAdds <= lightMultiplyAdds

const lightRowBytes = 64 * 1024
const lightMultiplyAdds = 16 * 1024

function flagsOf(steps: readonly LoweredStep[], barriers: readonly boolean[], index: number): number {
  const step = steps[index] as LoweredStep
  const next = steps[index + 1]
  if (isLight(step)) {
    const heavy = steps.findIndex((other, at) => at > index && !isLight(other))
    const nextHeavy = heavy === -1 ? steps.length : heavy
    return (
      (barriers[index] === true ? entryFlags.barrier : 0) | entryFlags.light | (nextHeavy << entryFlags.nextHeavyShift)
    )
  }
  const mergesIntoNext = next !== undefined && isLight(next)
  return (barriers[index] === true ? entryFlags.barrier : 0) | (mergesIntoNext ? entryFlags.beforeLight : 0)
}

interface PlacedStep {
  readonly step: LoweredStep
  readonly index: number
  readonly layout: MemoryLayout
  readonly options: LoadOptions
}

function writeField(
  memory: DataView,
  address: number,
  value: FieldValue,
  { step, index, layout, options }: PlacedStep,
): void {
  const pointer = (target: number) => memory.setBigUint64(address, BigInt(target), true)
  switch (value.kind) {
    case 'tensor':
      pointer(tensorAddress(layout, value.tensor))
      return
    case 'weight': {
      const place = (value.use === 'matmul' ? layout.matmuls : layout.vectors).get(value.name)
      if (place === undefined) throw new OstroError('device', `wasm device: ${step.label} has no weight ${value.name}`)
      pointer(place.address)
      return
    }
    case 'rows':
      pointer(rowsCell(value.dim, options))
      return
    case 'integer':
      memory.setInt32(address, value.value, true)
      return
    case 'float':
      memory.setFloat32(address, value.value, true)
      return
    case 'input':
      pointer(layout.inputs[value.name])
      return
    case 'state':
      pointer(layout.states.address + (layout.states.layout.places[value.state] as StatePlace).start)
      return
    case 'scratch':
      pointer(layout.arena + scratchOffset(layout, index) + step.sharedScratchBytes)
      return
    case 'matmul-scratch':
      pointer(layout.matmulScratch.address)
      return
    case 'shared-scratch':
      pointer(layout.arena + scratchOffset(layout, index))
      return
    case 'counters':
      pointer(layout.counters)
      return
    case 'cache': {
      const pages = layout.pages[value.cache]
      if (pages === undefined) throw new OstroError('device', `wasm device: ${step.label} has no cache ${value.cache}`)
      if (value.part === 'tablePages') memory.setInt32(address, layout.tablePages, true)
      else if (value.part === 'poolPages') memory.setInt32(address, pages.count, true)
      else if (value.part === 'table') pointer(layout.pageTables[pages.group] as number)
      else pointer(pages[value.part])
      return
    }
    default:
      value satisfies never
  }
}

function rowsCell(dim: Dim, options: LoadOptions): number {
  if (dim === 'T') return control.tokens
  if (dim === 'R') return control.rows
  if (dim === 1) return control.one
  throw new OstroError('unsupported', `wasm device: expected rows T, R or 1, got ${mostRows(dim, options)}`)
}

export function tensorAddress(layout: MemoryLayout, tensor: number): number {
  const offset = layout.plan.offsets.get(tensor)
  if (offset === undefined) throw new OstroError('device', `wasm device: tensor ${tensor} has no place in the arena`)
  return layout.arena + offset
}

/** The plan starts with the host's tensors and one joint; see layout.ts. */
function scratchOffset(layout: MemoryLayout, step: number): number {
  const first = layout.plan.scratchOffsets.length - layout.stepCount
  return layout.plan.scratchOffsets[first + step] as number
}

interface Range {
  readonly start: number
  readonly end: number
}

/**
 * A step must wait for the ones before it only if it reads or overwrites what they write, or overwrites what they read. Steps without such
 * a conflict (the projections of q, k and v) run into each other.
 */
function placeBarriers(lowered: Lowered, layout: MemoryLayout, { options, threads }: Binding): boolean[] {
  const barriers = lowered.steps.map(() => false)
  const sizes = new Map<number, number>()
  for (const step of lowered.steps) sizes.set(step.output, step.rowBytes * mostRows(step.rows, options))
  for (const [tensor, bytes] of lowered.hostTensors) sizes.set(tensor, bytes * options.maxTokens)
  const rangeOf = (tensor: number): Range => {
    const start = layout.plan.offsets.get(tensor) ?? 0
    return { start, end: start + (sizes.get(tensor) ?? 0) }
  }
  const meet = (some: readonly Range[], others: readonly Range[]) =>
    some.some((a) => others.some((b) => a.start < b.end && b.start < a.end))
  let reads: Range[] = []
  let writes: Range[] = []
  lowered.steps.forEach((step, index) => {
    const scratchStart = scratchOffset(layout, index)
    const scratchBytes = step.sharedScratchBytes + step.scratchBytesPerThread * threads
    const scratch = scratchBytes === 0 ? [] : [{ start: scratchStart, end: scratchStart + scratchBytes }]
    const ownReads = step.inputs.map(rangeOf)
    const ownWrites = [rangeOf(step.output), ...scratch]
    if (index > 0 && (meet(ownReads, writes) || meet(ownWrites, writes) || meet(ownWrites, reads))) {
      barriers[index - 1] = true
      reads = []
      writes = []
    }
    reads.push(...ownReads)
    writes.push(...ownWrites)
  })
  barriers[barriers.length - 1] = true
  return barriers
}
