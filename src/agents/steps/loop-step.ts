/** The loop with tools as a step. */
import * as z from 'zod'
import { defineStep } from '../../tools/steps/step.ts'
import type { Tool } from '../../tools/tool.ts'
import { OstroError } from '../../util/error.ts'
import { loop } from '../loop.ts'
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

export const loopStep = defineStep({
  name: 'loop',
  version: 1,
  description: 'Answer with tools: call, read the results, call again, until there is an answer.',
  config: z.strictObject({
    tools: z.array(z.string()).optional().describe('Names of the tools that it may call; default: all that it is lent'),
    maxSteps: z.int().min(1).max(100).default(10).describe('Turns of the model; in the last one it has to answer'),
    maxTokens: maxTokensField(1024),
    temperature: temperatureField(0),
    resultTokens: z.int().min(32).default(4000).describe('Tokens of a result that are read at once'),
    verifier: verifierField,
  }),
  input: taskInput,
  output: agentOutput,
  effect: 'pure',
  uses: ['tools'],
  run: ({ task }, { tools, verifier, ...config }, context) => {
    const lent = chosenTools(context.tools ?? [], tools)
    const { approve } = context
    const options = { ...config, ...runOptionsOf(context), tools: lent, approve, verifier: verifierOf(verifier) }
    return agentStep(loop(context.model, task, options))
  },
})

/** @throws OstroError `invalid-argument` for a name that nothing lent has */
function chosenTools(lent: readonly Tool[], names: readonly string[] | undefined): readonly Tool[] {
  if (names === undefined) return lent
  return names.map((name) => {
    const found = lent.find((tool) => tool.function.name === name)
    if (found !== undefined) return found
    const known = lent.map((tool) => tool.function.name).join(', ')
    throw new OstroError('invalid-argument', `loop: one of the tools ${known || '(none)'} expected, got ${name}.`, {
      name,
    })
  })
}
