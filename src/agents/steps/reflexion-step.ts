/** Reflexion as a step: of a text, of an answer from documents, of a JavaScript function; what it is given says which. */
import * as z from 'zod'
import { defineStep } from '../../tools/steps/step.ts'
import { exact } from '../reflexion/evaluators.ts'
import { memoryModes } from '../reflexion/memory.ts'
import { reflexion } from '../reflexion.ts'
import { research, type ResearchedAnswer } from '../reflexion/research.ts'
import { writeCode } from '../reflexion/write-code.ts'
import {
  agentOutput,
  agentStep,
  maxTokensField,
  runOptionsOf,
  taskInput,
  temperatureField,
  verifierField,
  verifierOf,
} from './agent-step.ts'

const expression = z.string().min(1).max(2000)
const codeField = z
  .strictObject({
    functionName: z.string().min(1),
    examples: z
      .array(z.strictObject({ call: expression, expected: expression.optional(), throws: expression.optional() }))
      .max(100)
      .default([])
      .describe('Calls with what they give, as JavaScript expressions'),
    selfTests: z.boolean().default(false).describe('The model writes tests too; they count after the examples'),
  })
  .optional()
  .describe('The task describes a JavaScript function, which is written and run in the sandbox')
const documentsField = z
  .array(z.strictObject({ id: z.string().min(1), text: z.string().min(1) }))
  .max(10_000)
  .optional()
  .describe('The task is a question to these: the answer cites them')

export const reflexionStep = defineStep({
  name: 'reflexion',
  version: 1,
  description: 'Try, say why it failed, and try again with what was learnt.',
  config: z.strictObject({
    trials: z.int().min(1).max(100).default(3).describe('Attempts at most'),
    memoryMode: z.enum(memoryModes).default('reflexion').describe('What an attempt sees of those before'),
    window: z.int().min(1).max(20).default(3).describe('Reflections that an attempt sees'),
    maxTokens: maxTokensField(1024),
    temperature: temperatureField(0.7),
    verifier: verifierField,
    answer: z.string().min(1).optional().describe('The right answer, for measuring: the evaluator is an oracle then'),
    code: codeField,
    documents: documentsField,
  }),
  input: taskInput,
  output: agentOutput,
  effect: 'pure',
  uses: ['scores', 'encoder', 'critic', 'memory', 'sandbox'],
  runsCode: ({ code }) => code !== undefined,
  run: ({ task }, { verifier, answer, code, documents, ...config }, context) => {
    const { model, encoder, memory, critic: reflector } = context
    const options = { ...config, ...runOptionsOf(context), encoder, memory, reflector }
    if (code !== undefined) {
      const { functionName, examples, selfTests } = code
      return agentStep(writeCode(model, { functionName, description: task, examples }, { ...options, selfTests }))
    }
    if (documents !== undefined) return agentStep(research(model, task, { ...options, documents }), withSources)
    const evaluator = answer === undefined ? verifierOf(verifier) : exact(answer)
    return agentStep(reflexion(model, task, { ...options, evaluator }))
  },
})

function withSources({ answer, quotes, passages }: ResearchedAnswer): string {
  const sources = quotes.map(({ n, quote }) => `[${n}] ${passages[n - 1]?.id ?? 'unknown'}: "${quote}"`)
  return [answer, ...sources].join('\n')
}
