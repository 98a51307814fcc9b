/** A function that is to be written, and how models are asked for it. */
import type { LanguageModel } from '../../tools/language-model.ts'
import { prepareInstruction, type PreparedPrompt } from '../../tools/steps/instruction.ts'
import type { CodeTest } from './code-tests.ts'
import { type Lessons, withLessons } from './actor.ts'

export interface CodeTask {
  readonly functionName: string
  /** What the function does, as its comment says it. */
  readonly description: string
  /** Shown to the model, and checked. */
  readonly examples?: readonly CodeTest[] | undefined
}

export function codePrompt(model: LanguageModel, task: CodeTask, lessons: Lessons): PreparedPrompt {
  const { prompt, stop } = prepareInstruction(model, {
    task: 'Write the JavaScript function that is described. Answer with its code alone, in one ```js block.',
    input: withLessons(describeCode(task), lessons),
    inputName: 'Function',
    outputName: 'Code',
    examples: [codeExample],
  })
  // Code may have empty lines: only the next example ends it.
  return { prompt, stop: stop.filter((text) => text.trim() !== '') }
}

/** What is to be written, as the model reads it. */
export function describeCode({ functionName, description, examples = [] }: CodeTask): string {
  const shown = examples.map(
    ({ call, expected, throws }) => `${call} ${throws ? `throws a ${throws}` : `gives ${expected}`}`,
  )
  return [`${functionName}: ${description}`, ...(shown.length === 0 ? [] : ['Examples:', ...shown])].join('\n')
}

const codeExample = {
  input: describeCode({
    functionName: 'double',
    description: 'Gives twice the number x.',
    examples: [{ call: 'double(2)', expected: '4' }],
  }),
  output: '```js\nfunction double(x) {\n  return 2 * x\n}\n```',
}
