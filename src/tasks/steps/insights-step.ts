/** Insights as a step. */
import * as z from 'zod'
import { runEndFields } from '../../tools/steps/run-end-fields.ts'
import { defineStep } from '../../tools/steps/step.ts'
import { insightsEvents } from '../insights.ts'
import { runOptionsOf, taskStep } from '../task-run.ts'

const mention = z.object({ text: z.int(), start: z.int(), end: z.int() })

export const insightsStep = defineStep({
  name: 'insights',
  version: 1,
  description: 'Find what many texts say, and count in how many.',
  config: z.strictObject({
    question: z.string().optional().describe('What the insights are to be about'),
    leastTexts: z.int().min(1).default(2).describe('Least texts that an insight is said in'),
  }),
  input: z.strictObject({ texts: z.array(z.string()).describe('The texts') }),
  output: z.object({
    insights: z.array(z.object({ sentence: z.string(), texts: z.int(), mentions: z.array(mention) })),
    claims: z.int(),
    single: z.int(),
    ...runEndFields,
  }),
  effect: 'pure',
  uses: ['encoder'],
  run: ({ texts }, config, context) =>
    taskStep(
      'insights',
      insightsEvents(context.model, texts, { ...config, ...runOptionsOf(context), encoder: context.encoder }),
    ),
})
