/** Answering from documents as a step. */
import * as z from 'zod'
import { runEndFields } from '../../tools/steps/run-end-fields.ts'
import { defineStep } from '../../tools/steps/step.ts'
import { answerEvents } from '../answer.ts'
import { runOptionsOf, taskStep } from '../task-run.ts'

const passage = z.strictObject({ id: z.string(), text: z.string() })
const citation = z.object({
  n: z.int(),
  passageId: z.union([z.string(), z.undefined()]),
  quote: z.string(),
  start: z.int(),
  end: z.int(),
  state: z.enum(['verified', 'near', 'quote-not-found', 'quote-missing', 'source-unknown']),
})

export const answerStep = defineStep({
  name: 'answer',
  version: 1,
  description: 'Answer a question from documents, each sentence with its checked source.',
  config: z.strictObject({
    mostPassages: z.int().min(1).default(8).describe('Most passages that the model is given'),
    maxTokens: z.int().min(16).default(256).describe('Most tokens of the answer'),
  }),
  input: z.strictObject({
    question: z.string().describe('The question'),
    documents: z.array(passage).describe('The documents, each with a name'),
  }),
  output: z.object({
    answer: z.string(),
    answered: z.boolean(),
    sentences: z.array(
      z.object({
        text: z.string(),
        state: z.enum(['supported', 'unsupported']),
        citations: z.array(citation),
        fault: z.string(),
      }),
    ),
    passages: z.array(passage),
    ...runEndFields,
  }),
  effect: 'pure',
  uses: ['encoder'],
  run: ({ question, documents }, config, context) =>
    taskStep(
      'answer',
      answerEvents(context.model, question, documents, {
        ...config,
        ...runOptionsOf(context),
        encoder: context.encoder,
      }),
    ),
})
