/** Steps for tests of servers: they do what servers have to cope with, and little else. */
import { z } from 'zod'
import { startRun } from '../../src/tools/steps/run.ts'
import type { RunEvent, RunResult } from '../../src/tools/steps/run-event.ts'
import { defineStep, type StepContext, type StepDefinition, type StepEvent } from '../../src/tools/steps/step.ts'
import { OstroError } from '../../src/util/error.ts'

/** Echoes what the model answers, asked for `samples` times side by side. */
export const echoStep = testStep({
  name: 'echo',
  config: z.strictObject({ samples: z.int().min(1).max(64).default(1).describe('Answers'), maxTokens: maxTokens() }),
  input: z.strictObject({ text: z.string().max(100_000).describe('Text') }),
  run: ({ text }, { samples, maxTokens: most }, { model }) => ({
    body: async (run) => {
      if (text.trim() === '') throw new OstroError('input-empty', 'echo: a text expected, got an empty one.')
      run.warn('no-external-signal', 'echo: nobody verifies.')
      const prompt = [{ role: 'user', content: text }] as const
      const answers = Array.from({ length: samples }, async (_, index) => {
        const answer = await run.ask(model, prompt, { purpose: 'sample', path: [index], maxTokens: most })
        run.propose(answer.text)
      })
      for (const ended of await Promise.allSettled(answers)) if (ended.status === 'rejected') throw ended.reason
      return 'answered'
    },
  }),
})

/** Scores two continuations, embeds and translates, as far as it was lent what that needs. */
export const lentStep = testStep({
  name: 'lent',
  uses: ['scores', 'encoder', 'translator'],
  config: z.strictObject({}),
  input: z.strictObject({ text: z.string().min(1).max(1000) }),
  run: ({ text }, _, { model, encoder, translator }) => ({
    body: async (run) => {
      const [yes, no] = await run.score(model, text, [' yes', ' no'])
      const vectors = await encoder?.embed([text])
      const translation = await translator?.translate(text, { to: 'it' })
      run.propose(JSON.stringify([yes.logprob > no.logprob, vectors?.[0].length ?? 0, translation?.text ?? 'none']))
      return 'answered'
    },
  }),
})

export const sandboxStep = testStep({
  name: 'runs-code',
  uses: ['sandbox'],
  config: z.strictObject({}),
  input: z.strictObject({ text: z.string().max(1000) }),
  run: () => ({ body: async () => 'answered' }),
})

export const irreversibleStep: StepDefinition = { ...sandboxStep, name: 'pays', uses: [], effect: 'irreversible' }

export const testSteps = [echoStep, lentStep, sandboxStep, irreversibleStep] as const

function maxTokens() {
  return z.int().min(1).max(4096).default(16).describe('Most tokens of an answer')
}

type Body = Parameters<typeof startRun<string>>[2]

function testStep<Config, Input>(step: {
  readonly name: string
  readonly uses?: StepDefinition['uses']
  readonly config: z.ZodType<Config>
  readonly input: z.ZodType<Input>
  readonly run: (input: Input, config: Config, context: StepContext) => { readonly body: Body }
}): StepDefinition {
  return defineStep({
    ...step,
    version: 1,
    description: `Tests ${step.name}`,
    output: z.strictObject({ text: z.string() }),
    effect: 'pure',
    run: (input, config, context) =>
      withOutput(startRun<string>(step.name, context, step.run(input, config, context).body)),
  })
}

async function* withOutput(events: AsyncIterable<RunEvent<string>>): AsyncGenerator<StepEvent<{ text: string }>> {
  let result: RunResult<string> | undefined
  for await (const event of events) {
    if (event.type === 'run-end') result = event.result
    yield event
  }
  yield { type: 'step-output', output: { text: result?.best ?? '' } }
}
