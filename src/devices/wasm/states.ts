/** The states of all sequences as this device lays them out: as the graph declares them, but for those that are kept in chunks. */
import { OstroError } from '../../util/error.ts'
import type { StateSlots } from '../../tensor/device.ts'
import type { Graph, StateSpec } from '../../tensor/graph.ts'
import type { SsdAttributes } from '../../tensor/ops/ssd.ts'
import { countElements } from '../../tensor/shape.ts'
import { ssdShape } from './lowering/ssd.ts'
import { readSsdState, ssdStateLayout, writeSsdState } from './ssd-state.ts'
import type { SsdShape } from './ssd-state.ts'

/** One state of a slot. */
export interface StatePlace {
  readonly spec: StateSpec
  /** Byte offset in the slot. */
  readonly start: number
  readonly sizeBytes: number
  /** Where the state is kept in chunks. */
  readonly chunked: SsdShape | undefined
}

export interface StateLayout {
  readonly places: readonly StatePlace[]
  /** Bytes of all states of one sequence. */
  readonly slotBytes: number
}

const line = 64

export function placeStates({ states, nodes }: Graph, chunkTokens: number): StateLayout {
  const chunked = new Map(
    nodes
      .filter(({ op }) => op.name === 'ssd')
      .map(({ inputs, attributes }) => {
        const { groups, state } = attributes as unknown as SsdAttributes
        return [state, ssdShape(inputs, groups, chunkTokens)]
      }),
  )
  let slotBytes = 0
  const places = states.map((spec, index): StatePlace => {
    const shape = chunked.get(index)
    const sizeBytes = shape === undefined ? 4 * countElements(spec.shape) : ssdStateLayout(shape).bytes
    const start = slotBytes
    slotBytes += Math.ceil(sizeBytes / line) * line
    return { spec, start, sizeBytes, chunked: shape }
  })
  return { places, slotBytes }
}

/** `values`: the bytes of all slots, as f32. */
export function createStates({ places, slotBytes }: StateLayout, slots: number, values: Float32Array): StateSlots {
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
      const { view, chunked } = placeOf(state, slot)
      return chunked === undefined ? view.slice() : readSsdState(view, chunked)
    },
    write(state, slot, written) {
      const { view, spec, chunked } = placeOf(state, slot)
      const length = countElements(spec.shape)
      if (written.length !== length) {
        throw new OstroError('invalid-argument', `states: expected ${length} values, got ${written.length}.`)
      }
      if (chunked === undefined) view.set(written)
      else writeSsdState(view, chunked, written)
    },
  }
}
