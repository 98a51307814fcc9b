/** How events of a run wait for a slow reader. Answers of a run come side by side: the text of one is joined past the others'. */
import type { ModelCallEvent } from '../../tools/steps/run-event.ts'
import type { StepEvent } from '../../tools/steps/step.ts'
import { type Buffering, joinEvents, sizeOf } from '../event-buffer.ts'

const textTypes = ['text-delta', 'reasoning-delta', 'tool-call-delta', 'prefill-progress'] as const

type Piece = Extract<ModelCallEvent, { readonly type: (typeof textTypes)[number] }>

export const runBuffering: Buffering<StepEvent<unknown>> = {
  sizeOf: (event) => (isPiece(event) ? sizeOf(event) : 2 * JSON.stringify(event).length),
  join: (earlier, later) => {
    if (earlier.type === 'budget-update' && later.type === 'budget-update') return later
    if (!isPiece(earlier) || !isPiece(later) || earlier.call !== later.call) return undefined
    const joined = joinEvents(earlier, later)
    return joined === undefined ? undefined : ({ ...joined, call: later.call } as Piece)
  },
  mayOvertake: (later, waiting) => isPiece(later) && isPiece(waiting) && later.call !== waiting.call,
}

function isPiece(event: StepEvent<unknown>): event is Piece {
  return (textTypes as readonly string[]).includes(event.type)
}
