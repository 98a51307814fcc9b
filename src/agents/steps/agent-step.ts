/** What the steps of all agents share: a task in, the best text and what is to be known of it out. */
import * as z from 'zod'
import type { RunOptions } from '../../tools/steps/run.ts'
import { runEndFields } from '../../tools/steps/run-end-fields.ts'
import type { RunEvent, RunResult } from '../../tools/steps/run-event.ts'
import type { StepContext, StepEvent } from '../../tools/steps/step.ts'
import type { Verifier } from '../../tools/steps/verifier.ts'
import { OstroError } from '../../util/error.ts'
import { type TextCheck, textCheck, textVerifier } from '../text-verifier.ts'

export const taskInput = z.strictObject({ task: z.string().describe('What is to be done') })

export const agentOutput = z.object({
  text: z.string().describe('The best candidate'),
  verdict: z.object({ passed: z.boolean(), score: z.number(), feedback: z.string() }).optional(),
  verified: z.boolean().describe('Whether somebody other than a model has judged it'),
  ...runEndFields,
})

export type AgentOutput = z.infer<typeof agentOutput>

/** The setting that says what a good answer is. */
export const verifierField = z
  .array(textCheck)
  .default([])
  .describe('What a good text has; without any of it only models judge')

export const maxTokensField = (tokens: number) =>
  z.int().min(1).default(tokens).describe('Most tokens of one answer of the model')
export const temperatureField = (temperature: number) =>
  z.number().min(0).max(2).default(temperature).describe('0 takes the most probable token')

export function verifierOf(checks: readonly TextCheck[]): Verifier<string> | undefined {
  return checks.length === 0 ? undefined : textVerifier(checks)
}

/** What of a step's context a run takes. */
export function runOptionsOf({ seed, signal, budget, parent }: StepContext): RunOptions {
  return { seed, signal, budget, parent }
}

/**
 * The events of an agent's run as those of its step.
 * @param textOf a candidate as text; default: it is one
 * @throws OstroError `no-candidate`, `aborted` where the run ended without any
 */
export async function* agentStep<C>(
  events: AsyncIterable<RunEvent<C>>,
  textOf: (candidate: C) => string = String,
): AsyncGenerator<StepEvent<AgentOutput>, void, void> {
  let result: RunResult<C> | undefined
  for await (const event of events) {
    if (event.type === 'run-end') result = event.result
    yield event
  }
  if (result?.best !== undefined) {
    const { best, verdict, verified, reason, spent, warnings } = result
    const output = { text: textOf(best), verified, reason, spent, warnings: [...warnings] }
    yield { type: 'step-output', output: verdict === undefined ? output : { ...output, verdict } }
    return
  }
  const reason = result?.reason ?? 'failed'
  if (reason === 'cancelled') throw new OstroError('aborted', 'agent: cancelled before there was an answer.')
  const message = `agent: ended by ${reason} before there was an answer. Give it a larger budget or another model.`
  throw new OstroError('no-candidate', message, { reason })
}
