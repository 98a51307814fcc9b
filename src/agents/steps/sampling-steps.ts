/** The baselines as steps: many answers to one task, of which a verifier or a vote takes one. */
import * as z from 'zod'
import { defineStep } from '../../tools/steps/step.ts'
import { bestOfN } from '../best-of-n.ts'
import { questionPrompt } from '../question-prompt.ts'
import { selfConsistency } from '../self-consistency.ts'
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

const samplingConfig = (samples: number) =>
  z.strictObject({
    samples: z.int().min(1).max(1000).default(samples).describe('Answers to choose from'),
    maxTokens: maxTokensField(512),
    temperature: temperatureField(0.7),
    verifier: verifierField,
  })

export const bestOfNStep = defineStep({
  name: 'best-of-n',
  version: 1,
  description: 'Ask for several answers at once and take the one that a verifier finds best.',
  config: samplingConfig(5),
  input: taskInput,
  output: agentOutput,
  effect: 'pure',
  run: ({ task }, { verifier, ...config }, context) => {
    const { prompt, stop } = questionPrompt(context.model, task)
    const options = { ...config, ...runOptionsOf(context), stop, verifier: verifierOf(verifier) }
    return agentStep(bestOfN<string>(context.model, prompt, options))
  },
})

export const selfConsistencyStep = defineStep({
  name: 'self-consistency',
  version: 1,
  description: 'Ask for several answers at once and take the one that most of them come to.',
  config: samplingConfig(10),
  input: taskInput,
  output: agentOutput,
  effect: 'pure',
  uses: ['scores'],
  run: ({ task }, { verifier, ...config }, context) => {
    const { prompt, stop } = questionPrompt(context.model, task)
    const options = { ...config, ...runOptionsOf(context), stop, verifier: verifierOf(verifier) }
    return agentStep(selfConsistency(context.model, prompt, options))
  },
})
