/** Schemas that several tasks share. */
import * as z from 'zod'
import type { TaskEnd } from '../task-run.ts'

export const textInput = z.strictObject({ text: z.string().describe('The text') })

const count = z.int().min(0)

/** What every task's output ends with. */
export const taskEnd = {
  spent: z.object({
    tokensSeen: count,
    tokensComputed: count,
    wallMs: count,
    modelCalls: count,
    toolCalls: count,
    nodes: count,
  }),
  reason: z.custom<TaskEnd['reason']>((value) => typeof value === 'string').meta({ type: 'string' }),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
}
