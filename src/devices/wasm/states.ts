/** The states of all sequences as this device lays them out: as the graph declares them, or as their kernels read them. */
import type { WasmMemory } from '../../util/platform-types.ts'
import { OstroError } from '../../util/error.ts'
import type { StateSlots } from '../../tensor/device.ts'
import type { Graph, GraphNode, StateSpec, Tensor } from '../../tensor/graph.ts'
import type { GatedDeltaAttributes } from '../../tensor/ops/gated-delta.ts'
import type { SsdAttributes } from '../../tensor/ops/ssd.ts'
import { countElements } from '../../tensor/shape.ts'
import type { ModuleOptions } from './asm/module.ts'
import { chunkStateLayout, readChunkState, writeChunkState } from './chunk-state.ts'
import type { ChunkShape } from './chunk-state.ts'
import { countPanelValues, panelWidth, readPanels, writePanels } from './channel-panels.ts'
import { deltaShape } from './lowering/gated-delta.ts'
import { ssdShape } from './lowering/ssd.ts'
import { widthOf } from './lowering/step.ts'
import { compileSettlePanel } from './settled-state.ts'
import type { SettlePanel } from './settled-state.ts'

/** One state of a slot. */
export interface StatePlace {
  readonly spec: StateSpec
  /** Byte offset in the slot. */
  readonly start: number
  readonly sizeBytes: number
  readonly codec: StateCodec
}

/** How a state [channels, ..., N] lies in a slot. */
type StateCodec =
  | { readonly kind: 'plain' }
  | { readonly kind: 'panels'; readonly channels: number; readonly stateSize: number }
  | { readonly kind: 'chunks'; readonly shape: ChunkShape }

export interface StateLayout {
  readonly places: readonly StatePlace[]
  /** Bytes of all states of one sequence. */
  readonly slotBytes: number
}

const line = 64

export function placeStates({ states, nodes }: Graph, chunkTokens: number): StateLayout {
  const codecs = new Map(
    nodes.flatMap((node) => {
      const codec = codecOf(node, chunkTokens)
      return codec === undefined ? [] : [[(node.attributes as unknown as { readonly state: number }).state, codec]]
    }),
  )
  let slotBytes = 0
  const places = states.map((spec, index): StatePlace => {
    const codec = codecs.get(index) ?? { kind: 'plain' }
    const sizeBytes = measureState(spec, codec)
    const start = slotBytes
    slotBytes += Math.ceil(sizeBytes / line) * line
    return { spec, start, sizeBytes, codec }
  })
  return { places, slotBytes }
}

/** Of the state that this node keeps, where it is not as the graph declares it. */
function codecOf({ op, inputs, attributes }: GraphNode, chunkTokens: number): StateCodec | undefined {
  if (op.name === 'ssd') {
    const { groups } = attributes as unknown as SsdAttributes
    return { kind: 'chunks', shape: ssdShape(inputs, groups, chunkTokens) }
  }
  if (op.name === 'gated-delta') {
    return { kind: 'chunks', shape: deltaShape(inputs, attributes as unknown as GatedDeltaAttributes, chunkTokens) }
  }
  if (op.name === 'selective-scan') {
    const [u, , A] = inputs as [Tensor, Tensor, Tensor]
    return { kind: 'panels', channels: widthOf(u), stateSize: widthOf(A) }
  }
  return undefined
}

function measureState(spec: StateSpec, codec: StateCodec): number {
  switch (codec.kind) {
    case 'plain':
      return 4 * countElements(spec.shape)
    case 'panels':
      return 4 * countPanelValues(codec.channels, codec.stateSize)
    case 'chunks':
      return chunkStateLayout(codec.shape).bytes
    default:
      return codec satisfies never
  }
}

/** Where the slots are in the one memory. */
export interface StateMemory {
  readonly layout: StateLayout
  readonly address: number
  readonly slots: number
  /** Working memory of settled-state.ts. */
  readonly settled: number
}

/** Bytes that `StateMemory.settled` has to have. */
export const settledBytes = ({ places }: StateLayout): number =>
  Math.max(0, ...places.map(({ codec }) => (codec.kind === 'chunks' ? 4 * panelWidth * codec.shape.stateSize : 0)))

export function createStates(
  memory: WasmMemory,
  { layout: { places, slotBytes }, address, slots, settled }: StateMemory,
  moduleOptions: ModuleOptions,
): StateSlots {
  const values = new Float32Array(memory.buffer, address, (slots * slotBytes) / 4)
  const compiled = new Map<number, SettlePanel>()
  const check = (name: string, value: number, count: number): void => {
    if (Number.isSafeInteger(value) && value >= 0 && value < count) return
    throw new OstroError('invalid-argument', `states: expected ${name} from 0 to ${count - 1}, got ${value}.`)
  }
  const placeOf = (state: number, slot: number) => {
    check('state', state, places.length)
    check('slot', slot, slots)
    const { start, sizeBytes, ...place } = places[state] as StatePlace
    const first = (slot * slotBytes + start) / 4
    return { ...place, view: values.subarray(first, first + sizeBytes / 4) }
  }
  const readChunks = (state: number, { byteOffset }: Float32Array, shape: ChunkShape): Float32Array => {
    const settle = compiled.get(state) ?? compileSettlePanel(memory, moduleOptions, shape)
    compiled.set(state, settle)
    const rows = new Float32Array(memory.buffer, settled, shape.stateSize * panelWidth)
    return readChunkState(shape, (block, keys) => {
      settle(byteOffset + block, byteOffset + keys, settled)
      return rows
    })
  }
  return {
    specs: places.map(({ spec }) => spec),
    slots,
    slotBytes,
    copy(from, to) {
      check('slot', from, slots)
      check('slot', to, slots)
      const length = slotBytes / 4
      values.copyWithin(to * length, from * length, (from + 1) * length)
    },
    read(state, slot) {
      const { view, codec } = placeOf(state, slot)
      switch (codec.kind) {
        case 'plain':
          return view.slice()
        case 'panels':
          return readPanels(view, codec.channels, codec.stateSize)
        case 'chunks':
          return readChunks(state, view, codec.shape)
        default:
          return codec satisfies never
      }
    },
    write(state, slot, written) {
      const { view, spec, codec } = placeOf(state, slot)
      const length = countElements(spec.shape)
      if (written.length !== length) {
        throw new OstroError('invalid-argument', `states: expected ${length} values, got ${written.length}.`)
      }
      switch (codec.kind) {
        case 'plain':
          return view.set(written)
        case 'panels':
          return writePanels(view, codec.stateSize, written)
        case 'chunks':
          return writeChunkState(view, codec.shape, written)
        default:
          codec satisfies never
      }
    },
  }
}
