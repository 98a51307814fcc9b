/** Basic reflection as a step. */
import * as z from 'zod'
import { defineStep } from '../../tools/steps/step.ts'
import { defaultRubric } from '../reflection/critique.ts'
import { reflection } from '../reflection.ts'
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

export const reflectionStep = defineStep({
  name: 'reflection',
  version: 1,
  description: 'Write a draft, have it judged and criticised, revise the best one until it is good enough.',
  config: z.strictObject({
    rounds: z.int().min(0).max(100).default(3).describe('Revisions at most'),
    threshold: z.number().min(0).max(1).default(0.9).describe('A draft of this score is good enough'),
    rubric: z
      .array(z.string().min(1))
      .min(1)
      .default([...defaultRubric])
      .describe('What the critic judges by'),
    maxTokens: maxTokensField(1024),
    critiqueTokens: z.int().min(16).default(512).describe('Most tokens of one critique'),
    temperature: temperatureField(0.7),
    verifier: verifierField,
  }),
  input: taskInput,
  output: agentOutput,
  effect: 'pure',
  uses: ['scores', 'critic'],
  run: ({ task }, { verifier, ...config }, context) => {
    const options = { ...config, ...runOptionsOf(context), critic: context.critic, verifier: verifierOf(verifier) }
    return agentStep(reflection(context.model, task, options))
  },
})
