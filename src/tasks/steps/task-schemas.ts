/** Schemas that several tasks share. */
import * as z from 'zod'

export const textInput = z.strictObject({ text: z.string().describe('The text') })
