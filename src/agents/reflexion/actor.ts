/** Who makes the attempts of reflexion: what an actor is asked, how it is told what was learnt, and the plain one, which answers at once. */
import type { LanguageModel } from '../../tools/language-model.ts'
import { prepareInstruction, type PreparedPrompt } from '../../tools/steps/instruction.ts'
import type { Run } from '../../tools/steps/run.ts'

/** What earlier attempts at the task have taught. */
export interface Lessons {
  /** Oldest first. */
  readonly reflections: readonly string[]
  readonly lastAttempt: { readonly text: string; readonly feedback: string } | undefined
}

export interface ActorRequest {
  readonly model: LanguageModel
  readonly task: string
  readonly lessons: Lessons
  /** From 0. */
  readonly trial: number
  /** Of each answer of the model. */
  readonly maxTokens: number
  readonly temperature: number
}

export interface Attempt<C> {
  readonly candidate: C
  /** What was done on the way, for the reflection to read. */
  readonly trajectory: string
}

export type Actor<C> = (run: Run<C>, request: ActorRequest) => Promise<Attempt<C>>

/** One answer of the model. */
export async function writeAnswer(run: Run<string>, request: ActorRequest): Promise<Attempt<string>> {
  const { model, task, trial, maxTokens, temperature } = request
  const { prompt, stop } = answerPrompt(model, task, request.lessons)
  const answer = await run.ask(model, prompt, { purpose: 'act', path: ['act', trial], maxTokens, temperature, stop })
  const candidate = answer.text.trim()
  return { candidate, trajectory: candidate }
}

function answerPrompt(model: LanguageModel, task: string, lessons: Lessons): PreparedPrompt {
  const input = withLessons(task, lessons)
  if (model.can.chat) return prepareInstruction(model, { task: input })
  const { prompt, stop } = prepareInstruction(model, {
    task: 'Tasks and answers that fulfil them.',
    input,
    inputName: 'Task',
    outputName: 'Answer',
    examples: [
      { input: 'Name a sea.', output: 'The North Sea.' },
      {
        input: withLessons('Name a river in Africa in capital letters.', {
          reflections: ['I wrote the name in small letters. Next time every letter has to be a capital.'],
          lastAttempt: undefined,
        }),
        output: 'NILE',
      },
    ],
  })
  return { prompt, stop: stop.filter((text) => text.trim() !== '') }
}

/** A task with what earlier attempts have taught. */
export function withLessons(task: string, { reflections, lastAttempt }: Lessons): string {
  const learnt =
    reflections.length === 0
      ? []
      : ['Earlier attempts failed. What was learnt:', ...reflections.map((text) => `- ${text}`)]
  const last =
    lastAttempt === undefined
      ? []
      : ['The last attempt:', lastAttempt.text, `What was wrong with it: ${lastAttempt.feedback || 'it failed.'}`]
  return [task, ...learnt, ...last].join('\n')
}
