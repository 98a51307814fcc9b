/** The body of a request for a run, and what it is answered with: both made of the step's own schemas. */
import { z } from 'zod'
import { type Budget, budgetUnits } from '../../tools/steps/budget.ts'
import type { StepDefinition } from '../../tools/steps/step.ts'
import type { Tool } from '../../tools/tool.ts'
import { modelField } from '../openai/fields.ts'

/** What a server has for steps. */
export interface StepOffer {
  /** Of every run's budget; a request may lower them. */
  readonly limits: Budget
  readonly tools: readonly Tool[]
}

export function runBody(step: StepDefinition, offer: StepOffer) {
  const uses = new Set(step.uses)
  const critic = { critic: modelField.describe('Model that judges and criticises; default: the one that writes') }
  const encoder = { encoder: modelField.describe('Model that makes vectors; default: the encoder of this server') }
  const translator = { translator: modelField.describe('Encoder-decoder; default: one of this server, where there is') }
  return z
    .strictObject({
      model: modelField,
      input: strict(step.input),
      config: configOf(step, offer).prefault({}).describe('Settings; each has a default'),
      budget: budgetField(offer.limits),
      seed: z.int().min(0).nullish().describe('The same seed on the same model gives the same run; default 0'),
      ...(uses.has('encoder') ? encoder : {}),
      ...(uses.has('translator') ? translator : {}),
      ...(uses.has('critic') ? critic : {}),
      stream: z.boolean().nullish().describe('Events of the run as they come, the last one with the output'),
    })
    .meta({ description: step.description })
}

/** The settings of a step; the tools that it may name are those of this server. */
export function configOf({ config, uses = [] }: StepDefinition, { tools }: StepOffer): z.ZodType {
  if (!(config instanceof z.ZodObject) || !uses.includes('tools')) return strict(config)
  const names = z.enum(tools.map((tool) => tool.function.name))
  const told = tools.map((tool) => `${tool.function.name}: ${tool.function.description ?? ''}`).join('\n')
  const chosen = z.array(names).optional().describe(`Tools that it may call; default: all of them\n${told}`)
  return config.extend({ tools: chosen }).strict()
}

/** Refuses fields that it does not know, by name. */
function strict(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject ? schema.strict() : schema
}

/** The fields that some steps have beside those of all. */
export interface RunBody {
  readonly model?: string | null | undefined
  readonly input: unknown
  readonly config: unknown
  readonly budget?: { readonly [unit in keyof Budget]?: number | null | undefined } | null | undefined
  readonly seed?: number | null | undefined
  readonly encoder?: string | null | undefined
  readonly translator?: string | null | undefined
  readonly critic?: string | null | undefined
  readonly stream?: boolean | null | undefined
}

function budgetField(limits: Budget) {
  const units = budgetUnits.map((unit) => {
    const most = limits[unit] ?? Number.MAX_SAFE_INTEGER
    return [unit, z.int().min(1).max(most).nullish()] as const
  })
  return z
    .strictObject(Object.fromEntries(units) as Record<(typeof budgetUnits)[number], (typeof units)[number][1]>)
    .nullish()
    .describe('Limits of this run; reaching one ends it with the best so far')
}

const spent = z.strictObject({
  tokensSeen: z.int().describe('Of prompts and answers, each prompt counted whole'),
  tokensComputed: z.int().describe('Without those of prompts that the model still held'),
  wallMs: z.int(),
  modelCalls: z.int(),
  toolCalls: z.int(),
  nodes: z.int(),
})

const runFacts = {
  id: z.string(),
  object: z.literal('run'),
  name: z.string(),
  version: z.int(),
  model: z.string(),
  seed: z.int(),
  reason: z.string().describe('What ended the run: answered, passed, exhausted, budget-tokens, ...'),
  verified: z.boolean().describe('Whether somebody other than a model has judged the result'),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  spent,
} as const

export const runAnswer = (step: StepDefinition) => z.strictObject({ ...runFacts, output: step.output })

export type RunAnswer = z.infer<z.ZodObject<typeof runFacts>> & { readonly output: unknown }

/** Events of the library as they are; the last one, `step-output`, has what an answer without a stream has. */
export const runEvent = z.looseObject({
  type: z.string().describe('noun-action; those that you do not know are no error'),
})
