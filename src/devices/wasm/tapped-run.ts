/**
 * A run that pauses: the step table is walked in stretches, and between two of them the host looks at tensors whose memory the next
 * steps will take over. Without taps there is one stretch, so a run that nobody watches costs nothing.
 */
import type { Batch, Tap } from '../../tensor/device.ts'
import { checkTaps } from '../../tensor/taps.ts'
import { tensorAddress } from './bind.ts'
import { control, entryFlags, tableEntryBytes } from './control.ts'
import type { MemoryLayout } from './layout.ts'
import type { Lowered } from './lower.ts'

export interface Stretches {
  /** Whether a step or a host task writes this tensor. */
  readonly makes: (tensor: number) => boolean
  /** Calls `start` for each stretch between taps. */
  readonly run: (batch: Batch, taps: readonly Tap[], start: () => void) => void
}

/** Host tasks are done before the first step. */
const beforeSteps = -1

export function createStretches(memory: WebAssembly.Memory, lowered: Lowered, layout: MemoryLayout): Stretches {
  const view = new DataView(memory.buffer)
  const words = new Int32Array(memory.buffer, 0, control.bytes / 4)
  const places = findTensors(lowered)
  const makes = (tensor: number): boolean => places.has(tensor)
  const viewOf = (tensor: number, batch: Batch): Float32Array => {
    const { rows, rowBytes } = places.get(tensor) as TensorPlace
    const count = rows === 'T' ? batch.tokens.length : rows === 'R' ? batch.rows.length : rows
    return new Float32Array(memory.buffer, tensorAddress(layout, tensor), (count * rowBytes) / 4)
  }
  /** Makes all threads meet after the step, also where the next one would have done that for it. */
  const stopAfter = (step: number, run: () => void): void => {
    const address = layout.stepTable + step * tableEntryBytes + 4
    const flags = view.getInt32(address, true)
    view.setInt32(address, (flags | entryFlags.barrier) & ~entryFlags.beforeLight, true)
    try {
      run()
    } finally {
      view.setInt32(address, flags, true)
    }
  }

  return {
    makes,
    run(batch, taps, start) {
      if (taps.length === 0) return start()
      checkTaps(taps, makes)
      const stops = Map.groupBy(taps, ({ after }) => (places.get(after) as TensorPlace).step)
      const look = (step: number): void => {
        for (const { tensors, see } of stops.get(step) ?? []) see(tensors.map((tensor) => viewOf(tensor, batch)))
      }
      let first = 0
      try {
        look(beforeSteps)
        for (const step of [...stops.keys()].filter((stop) => stop >= 0).toSorted((a, b) => a - b)) {
          words[control.firstStep / 4] = first
          words[control.stepCount / 4] = step + 1
          stopAfter(step, start)
          if (Atomics.load(words, control.failed / 4) !== 0) return
          look(step)
          first = step + 1
        }
        words[control.firstStep / 4] = first
        words[control.stepCount / 4] = lowered.steps.length
        if (first < lowered.steps.length) start()
      } finally {
        words[control.firstStep / 4] = 0
        words[control.stepCount / 4] = lowered.steps.length
      }
    },
  }
}

interface TensorPlace {
  /** The last step that writes it. */
  readonly step: number
  readonly rows: Lowered['steps'][number]['rows']
  readonly rowBytes: number
}

function findTensors({ steps, hostTasks, hostTensors }: Lowered): Map<number, TensorPlace> {
  const places = new Map<number, TensorPlace>()
  for (const { output } of hostTasks) {
    places.set(output, { step: beforeSteps, rows: 'T', rowBytes: hostTensors.get(output) ?? 0 })
  }
  steps.forEach(({ output, rows, rowBytes }, step) => places.set(output, { step, rows, rowBytes }))
  return places
}
