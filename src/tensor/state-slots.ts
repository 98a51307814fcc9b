/** Where states lie: slot after slot, in each slot one state after the other. A device may have a layout of its own. */
import { OstroError } from '../util/error.ts'
import type { LoadOptions, StateSlots } from './device.ts'
import type { StateSpec } from './graph.ts'
import { countElements } from './shape.ts'

export interface StatePlaces extends StateSlots {
  /** A view of one state of one slot. */
  view(state: number, slot: number): Float32Array
}

/** f32 values of one slot, and where each state begins in it. */
export function measureStates(specs: readonly StateSpec[]): {
  readonly starts: readonly number[]
  readonly length: number
} {
  let length = 0
  const starts = specs.map(({ shape }) => {
    const start = length
    length += Math.ceil(countElements(shape) / 16) * 16
    return start
  })
  return { starts, length }
}

export const countSlots = ({ cache }: Pick<LoadOptions, 'cache'>): number => cache.sequences + (cache.checkpoints ?? 0)

/** `values`: f32 [slots][length], as `measureStates` has it. */
export function placeStates(specs: readonly StateSpec[], slots: number, values: Float32Array): StatePlaces {
  const { starts, length } = measureStates(specs)
  const check = (name: string, value: number, count: number): void => {
    if (Number.isSafeInteger(value) && value >= 0 && value < count) return
    throw new OstroError('invalid-argument', `states: expected ${name} from 0 to ${count - 1}, got ${value}.`)
  }
  const view = (state: number, slot: number): Float32Array => {
    check('state', state, specs.length)
    check('slot', slot, slots)
    const start = slot * length + starts[state]
    return values.subarray(start, start + countElements(specs[state].shape))
  }
  return {
    specs,
    slots,
    slotBytes: 4 * length,
    view,
    copy(from, to) {
      check('slot', from, slots)
      check('slot', to, slots)
      values.copyWithin(to * length, from * length, (from + 1) * length)
    },
    read: (state, slot) => view(state, slot).slice(),
    write(state, slot, written) {
      const into = view(state, slot)
      if (written.length !== into.length) {
        throw new OstroError('invalid-argument', `states: expected ${into.length} values, got ${written.length}.`)
      }
      into.set(written)
    },
  }
}
