/** Correcting as a step. */
import * as z from 'zod'
import { runEndFields } from '../../tools/steps/run-end-fields.ts'
import { defineStep } from '../../tools/steps/step.ts'
import { correctEvents } from '../correct.ts'
import { runOptionsOf, taskStep } from '../task-run.ts'
import { textInput } from './task-schemas.ts'

export const correctStep = defineStep({
  name: 'correct',
  version: 1,
  description: 'Correct grammar and spelling; tell every edit.',
  config: z.strictObject({}),
  input: textInput,
  output: z.object({
    text: z.string(),
    edits: z.array(z.object({ start: z.int(), end: z.int(), original: z.string(), replacement: z.string() })),
    ...runEndFields,
  }),
  effect: 'pure',
  run: ({ text }, _, context) => taskStep('correct', correctEvents(context.model, text, runOptionsOf(context))),
})
