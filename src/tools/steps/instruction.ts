/**
 * One instruction for every kind of model: messages for those that chat, worked examples to be continued for base models, which know no
 * other way of being told.
 */
import type { ChatMessage } from '../chat-model.ts'
import type { LanguageModel, Prompt } from '../language-model.ts'

export interface Instruction {
  /** What is to be done, in one or a few sentences. */
  readonly task: string
  /** What it is to be done with; undefined where the task says all. Data, never read as instructions by us. */
  readonly input?: string | undefined
  /** Shown as done before. Base models need at least one. */
  readonly examples?: readonly { readonly input: string; readonly output: string }[] | undefined
  /** Headings of inputs and outputs for base models. Default "Input" and "Output". */
  readonly inputName?: string | undefined
  readonly outputName?: string | undefined
}

export interface PreparedPrompt {
  readonly prompt: Prompt
  /** Texts that end the answer: what follows it in worked examples. */
  readonly stop: readonly string[]
}

export function prepareInstruction(model: Pick<LanguageModel, 'can'>, instruction: Instruction): PreparedPrompt {
  return model.can.chat ? { prompt: messagesOf(instruction), stop: [] } : workedExamples(instruction)
}

function messagesOf({ task, input, examples = [] }: Instruction): ChatMessage[] {
  if (input === undefined) return [{ role: 'user', content: task }]
  return [
    { role: 'system', content: task },
    ...examples.flatMap((example): ChatMessage[] => [
      { role: 'user', content: example.input },
      { role: 'assistant', content: example.output },
    ]),
    { role: 'user', content: input },
  ]
}

function workedExamples(instruction: Instruction): PreparedPrompt {
  const { task, input, examples = [], inputName = 'Input', outputName = 'Output' } = instruction
  const entry = (text: string, output: string): string => `${inputName}: ${text}\n${outputName}:${output}`
  const done = examples.map((example) => entry(example.input, ` ${example.output}`))
  const asked = input === undefined ? `${outputName}:` : entry(input, '')
  return { prompt: [task, ...done, asked].join('\n\n'), stop: [`\n${inputName}:`, '\n\n'] }
}
