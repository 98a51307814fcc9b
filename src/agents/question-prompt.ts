/** A question as every kind of model is asked it. */
import type { LanguageModel } from '../tools/language-model.ts'
import { prepareInstruction, type PreparedPrompt } from '../tools/steps/instruction.ts'
import { OstroError } from '../util/error.ts'

/** Chat models are asked; base models, which have no turns to answer in, are shown how questions are answered. @throws OstroError `input-empty` */
export function questionPrompt(model: Pick<LanguageModel, 'can'>, question: string): PreparedPrompt {
  if (question.trim() === '') throw new OstroError('input-empty', 'agent: a task expected, got an empty one.')
  if (model.can.chat) return { prompt: [{ role: 'user', content: question }], stop: [] }
  return prepareInstruction(model, {
    task: 'Questions and tasks with good answers.',
    input: question,
    inputName: 'Question',
    outputName: 'Answer',
    examples: [
      { input: 'Which is the largest planet of the solar system?', output: 'The answer is Jupiter.' },
      { input: 'How many apples are in 3 boxes of 4?', output: 'Three times four is 12. The answer is 12.' },
    ],
  })
}
