/** A text and what is wanted of it as a prompt: the text comes first, fenced as data, so that several requests share its reading. */
import type { LanguageModel } from '../tools/language-model.ts'
import { type PreparedPrompt, prepareInstruction } from '../tools/steps/instruction.ts'

export interface TextRequest {
  readonly text: string
  /** What is wanted, as said to somebody who has just read the text. */
  readonly request: string
  /** Shown as done before to base models; at least one. */
  readonly examples: readonly { readonly input: string; readonly output: string }[]
  /** Headings for base models. Default "Text" and "Answer". */
  readonly inputName?: string | undefined
  readonly outputName?: string | undefined
}

export function textPrompt(
  model: Pick<LanguageModel, 'can'>,
  { text, request, examples, inputName = 'Text', outputName = 'Answer' }: TextRequest,
): PreparedPrompt {
  if (model.can.chat) return prepareInstruction(model, { task: `${fence(text)}\n\n${request}` })
  // Blank lines part worked examples.
  const input = text.replaceAll(/\s*\n\s*\n\s*/g, '\n')
  return prepareInstruction(model, { task: request, input, examples, inputName, outputName })
}

/** A text between marks that do not stand in it, so that nothing in it can end it. */
export function fence(text: string, name = 'text'): string {
  let mark = name
  for (let count = 2; text.includes(`<${mark}>`) || text.includes(`</${mark}>`); count++) mark = `${name}-${count}`
  return `<${mark}>\n${text}\n</${mark}>`
}
