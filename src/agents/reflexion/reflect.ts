/** Reflections: why an attempt failed and what to do next time, in a few words, without the solution. */
import type { LanguageModel } from '../../tools/language-model.ts'
import { prepareInstruction } from '../../tools/steps/instruction.ts'
import type { Run } from '../../tools/steps/run.ts'
import type { SentenceEncoder } from '../../tools/steps/step.ts'

export interface Failure {
  readonly task: string
  readonly trajectory: string
  readonly feedback: string
  /** Of earlier attempts. */
  readonly reflections: readonly string[]
}

const reflectionTokens = 120
/** Of an attempt, what the reflection reads: its end, where it went wrong. */
const tailChars = 6000
const nearCosine = 0.95
/** Of the words of two reflections, how many they share where they say the same. */
const nearOverlap = 0.8

/** A reflection on a failed attempt; empty where the model had nothing to say. @throws what the model throws */
export async function reflect<C>(run: Run<C>, model: LanguageModel, failure: Failure, trial: number): Promise<string> {
  const { prompt, stop } = prepareInstruction(model, {
    task:
      'An attempt at a task has failed. Say in at most three sentences what the cause was and what to do differently next time. ' +
      'Give a plan, not the solution: no code and no finished answer.',
    input: failureText(failure),
    inputName: 'Failed attempt',
    outputName: 'Reflection',
    examples: model.can.chat ? [] : reflectionExamples,
  })
  const asked = { purpose: 'reflect', path: ['reflect', trial], maxTokens: reflectionTokens, temperature: 0.7, stop }
  const { text } = await run.ask(model, prompt, asked)
  return withoutCode(text)
}

function failureText({ task, trajectory, feedback, reflections }: Failure): string {
  return [
    `Task: ${task}`,
    `Attempt: ${tailOf(trajectory)}`,
    `What the check says: ${feedback === '' ? 'It is wrong.' : feedback}`,
    ...(reflections.length === 0 ? [] : ['Learnt before:', ...reflections.map((text) => `- ${text}`)]),
  ].join('\n')
}

const reflectionExamples = [
  {
    input: failureText({
      task: 'Name a river in Africa in capital letters.',
      trajectory: 'nile',
      feedback: 'The letters are small.',
      reflections: [],
    }),
    output:
      'I named a right river but overlooked how it has to be written. Next time I check the form before I answer.',
  },
]

function tailOf(text: string): string {
  return text.length <= tailChars
    ? text
    : `[${text.length - tailChars} characters before this]\n${text.slice(-tailChars)}`
}

/** Fenced code goes: a reflection that holds a solution would be copied, not understood. */
function withoutCode(text: string): string {
  return text
    .replaceAll(/```[^]*?(?:```|$)/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Whether a reflection says what another said. @throws what the encoder throws */
export async function isRepeated(
  text: string,
  others: readonly string[],
  encoder: SentenceEncoder | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (others.length === 0) return false
  if (encoder === undefined) return others.some((other) => overlapOf(text, other) >= nearOverlap)
  const [own, ...vectors] = await encoder.embed([text, ...others], { signal })
  return vectors.some((vector) => cosineOf(own, vector) >= nearCosine)
}

/** Jaccard's share of common words. */
function overlapOf(one: string, other: string): number {
  const [words, others] = [one, other].map((text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu)))
  const common = [...words].filter((word) => others.has(word)).length
  return common / Math.max(1, words.size + others.size - common)
}

function cosineOf(one: Float32Array, other: Float32Array): number {
  let [product, squares, otherSquares] = [0, 0, 0]
  for (const [at, value] of one.entries()) {
    product += value * other[at]
    squares += value * value
    otherSquares += other[at] * other[at]
  }
  return product / Math.sqrt(squares * otherSquares || 1)
}
