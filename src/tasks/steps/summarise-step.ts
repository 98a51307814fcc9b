/** Summarising as a step. */
import * as z from 'zod'
import { runEndFields } from '../../tools/steps/run-end-fields.ts'
import { defineStep } from '../../tools/steps/step.ts'
import { summariseEvents } from '../summarise.ts'
import { runOptionsOf, taskStep } from '../task-run.ts'
import { textInput } from './task-schemas.ts'

const support = z.object({
  sentence: z.string(),
  start: z.int(),
  end: z.int(),
  score: z.number(),
  quoted: z.boolean(),
})

export const summariseStep = defineStep({
  name: 'summarise',
  version: 1,
  description: 'Summarise a text; every sentence is led back to its source.',
  config: z.strictObject({
    maxWords: z.int().min(5).default(120).describe('Most words of the summary'),
    style: z.enum(['paragraph', 'bullets']).default('paragraph').describe('One paragraph, or one sentence a line'),
    ownWords: z
      .boolean()
      .default(false)
      .describe('Quote the text only where nothing that the model writes stands up to it: for large models'),
    focus: z.string().optional().describe('What the summary is to be about'),
  }),
  input: textInput,
  output: z.object({
    summary: z.string(),
    support: z.array(support),
    dropped: z.array(z.object({ sentence: z.string(), fault: z.string() })),
    parts: z.int(),
    ...runEndFields,
  }),
  effect: 'pure',
  uses: ['encoder'],
  run: ({ text }, config, context) =>
    taskStep(
      'summarise',
      summariseEvents(context.model, text, { ...config, ...runOptionsOf(context), encoder: context.encoder }),
    ),
})
