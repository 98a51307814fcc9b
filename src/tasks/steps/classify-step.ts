/** Classification and sentiment as steps. */
import * as z from 'zod'
import { runEndFields } from '../../tools/steps/run-end-fields.ts'
import { defineStep } from '../../tools/steps/step.ts'
import { classifyEvents, sentimentEvents } from '../classify.ts'
import { runOptionsOf, taskStep } from '../task-run.ts'
import { textInput } from './task-schemas.ts'

const examples = z
  .array(z.strictObject({ text: z.string(), label: z.string() }))
  .optional()
  .describe('Labelled texts, shown to the model first')
const abstainBelow = z.number().min(0).max(1).optional().describe('No label is chosen below this probability')
const calibration = z
  .strictObject({ temperature: z.number().gt(0), biases: z.record(z.string(), z.number()) })
  .optional()
  .describe('Fitted on labelled texts (fitCalibration): probabilities then mean what they say')
const output = z.object({
  labels: z.array(z.string()),
  probabilities: z.record(z.string(), z.number()),
  ...runEndFields,
})

export const classifyStep = defineStep({
  name: 'classify',
  version: 1,
  description: 'Choose the label that fits a text, with probabilities.',
  config: z.strictObject({
    labels: z.array(z.string()).min(1).describe('The labels to choose from'),
    question: z.string().optional().describe('What the labels are, such as "Topic of the article"'),
    multi: z.boolean().default(false).describe('Any number of labels may fit'),
    examples,
    calibration,
    abstainBelow,
  }),
  input: textInput,
  output,
  effect: 'pure',
  uses: ['scores'],
  run: ({ text }, { labels, ...config }, context) =>
    taskStep('classify', classifyEvents(context.model, text, labels, { ...config, ...runOptionsOf(context) })),
})

export const sentimentStep = defineStep({
  name: 'sentiment',
  version: 1,
  description: 'Tell the mood of a text: positive, negative or neutral, with probabilities.',
  config: z.strictObject({ examples, calibration, abstainBelow }),
  input: textInput,
  output,
  effect: 'pure',
  uses: ['scores'],
  run: ({ text }, config, context) =>
    taskStep('sentiment', sentimentEvents(context.model, text, { ...config, ...runOptionsOf(context) })),
})
