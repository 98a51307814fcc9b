/** Tree search as a step, in the environments that have names. */
import * as z from 'zod'
import { defineStep } from '../../tools/steps/step.ts'
import { environmentNamed, environments } from '../environments/registry.ts'
import { lats } from '../lats.ts'
import type { Trajectory } from '../lats/model-world.ts'
import { searchPresets } from '../lats/presets.ts'
import type { SearchStore } from '../lats/rows.ts'
import { agentOutput, agentStep, runOptionsOf, taskInput, temperatureField } from './agent-step.ts'

/** Measured on the models that run here by default (docs/figures.md, Agents): their marks of states say little. */
const standardPreset = 'outcomes'

const presetsOf = (setting: 'samples' | 'iterations' | 'reflections'): string =>
  Object.entries(searchPresets)
    .map(([name, preset]) => `${preset[setting]} (${name})`)
    .join(', ')

const names = environments.map(({ name }) => name)
const taskForms = Object.fromEntries(environments.map(({ name, taskForm }) => [name, taskForm]))
const written = environments.map(({ name, taskForm }) => `${name}: ${taskForm}`).join('; ')

export const latsStep = defineStep({
  name: 'lats',
  version: 1,
  description: 'Search a tree of actions: the model proposes and judges, an environment steps and says what succeeds.',
  config: z.strictObject({
    environment: z
      .enum(names)
      .default('game-of-24')
      .describe(`How tasks are written: ${written}`)
      // Forms show it before the task, and how a task is written with what was chosen.
      .meta({ 'x-input-forms': taskForms }),
    preset: z
      .enum(Object.keys(searchPresets) as (keyof typeof searchPresets)[])
      .default(standardPreset)
      .describe(
        'outcomes: only what came of states counts, for small models; default: the model values states too; paper: the published search',
      ),
    samples: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe(`Actions asked for at once; default: ${presetsOf('samples')}`),
    iterations: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe(`Iterations at most; default: ${presetsOf('iterations')}`),
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
    reflections: z
      .int()
      .min(0)
      .max(10)
      .optional()
      .describe(`Lessons of failed attempts at most; default: ${presetsOf('reflections')}`),
    temperature: temperatureField(1),
  }),
  input: taskInput,
  output: agentOutput,
  effect: 'reversible',
  uses: ['scores', 'search'],
  run: ({ task }, { environment, ...config }, context) => {
    const { create, readTask, guide, depth } = environmentNamed(environment)
    const read = readTask(task)
    const { budget = {}, ...options } = runOptionsOf(context)
    const limits = { depth: depth(read), ...budget }
    // What the store holds is checked when it is read.
    const store = context.search as SearchStore | undefined
    const events = lats(context.model, create(), read, { ...config, ...options, guide, store, budget: limits })
    return agentStep(events, trajectoryText)
  },
})

const trajectoryText = ({ steps }: Trajectory): string =>
  steps.map(({ action, observation }) => `${action}  →  ${observation}`).join('\n')
