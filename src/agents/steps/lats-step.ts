/** Tree search as a step, in the environments that have names. */
import * as z from 'zod'
import { defineStep } from '../../tools/steps/step.ts'
import { environmentNamed, environments } from '../environments/registry.ts'
import { lats } from '../lats.ts'
import type { Trajectory } from '../lats/model-world.ts'
import { searchPresets } from '../lats/presets.ts'
import { agentOutput, agentStep, runOptionsOf, taskInput, temperatureField } from './agent-step.ts'

const names = environments.map(({ name }) => name)
const taskForms = environments.map(({ name, taskForm }) => `${name}: ${taskForm}`).join('; ')

export const latsStep = defineStep({
  name: 'lats',
  version: 1,
  description: 'Search a tree of actions: the model proposes and judges, an environment steps and says what succeeds.',
  config: z.strictObject({
    environment: z.enum(names).default('game-of-24').describe(`How tasks are written: ${taskForms}`),
    preset: z
      .enum(Object.keys(searchPresets) as (keyof typeof searchPresets)[])
      .default('default')
      .describe('paper: the published search, which expands every node once'),
    samples: z.int().min(1).max(100).default(searchPresets.default.samples).describe('Actions asked for at once'),
    iterations: z.int().min(1).max(10_000).default(searchPresets.default.iterations).describe('Iterations at most'),
    exploration: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('Weight of what was rarely tried; default: the preset’s'),
    valueShare: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        'Share of the model’s own valuation; the rest is how often it proposes an action; default: the preset’s',
      ),
    hedge: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Share of the budget for plain attempts; default: the preset’s'),
    reflections: z.int().min(0).max(10).default(3).describe('Lessons of failed attempts at most'),
    temperature: temperatureField(1),
  }),
  input: taskInput,
  output: agentOutput,
  effect: 'reversible',
  uses: ['scores'],
  run: ({ task }, { environment, ...config }, context) => {
    const { create, readTask, guide, depth } = environmentNamed(environment)
    const read = readTask(task)
    const { budget = {}, ...options } = runOptionsOf(context)
    const limits = { depth: depth(read), ...budget }
    const events = lats(context.model, create(), read, { ...config, ...options, guide, budget: limits })
    return agentStep(events, trajectoryText)
  },
})

const trajectoryText = ({ steps }: Trajectory): string =>
  steps.map(({ action, observation }) => `${action}  →  ${observation}`).join('\n')
