/** Schemas of how a run ended, for the outputs of steps. */
import * as z from 'zod'
import type { RunEndReason } from './run-event.ts'

const count = z.int().min(0)

export const runEndFields = {
  reason: z.custom<RunEndReason>((value) => typeof value === 'string').meta({ type: 'string' }),
  spent: z.object({
    tokensSeen: count,
    tokensComputed: count,
    wallMs: count,
    modelCalls: count,
    toolCalls: count,
    nodes: count,
  }),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
}
