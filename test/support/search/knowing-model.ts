/** A scripted model that knows a way through the Game of 24 for 4 9 10 13 and finds it good, but does not always take it. */
import { type ScriptedModel, scriptedModel } from '../../../src/testing/index.ts'

export const way = ['13 - 9', '10 - 4', '6 * 4']

export function knowingModel(skill: number): ScriptedModel {
  return scriptedModel({
    answers: ({ options: { format }, random }) => {
      if (format?.type !== 'choice') return 'Make factors of 24.'
      const right = format.choices.find((choice) => way.includes(choice))
      return right !== undefined && random.float() < skill
        ? right
        : format.choices[Math.floor(random.float() * format.choices.length)]
    },
    score: (text, mark) => {
      const steps = text.split('assistant: ').slice(1)
      const isRight = steps.every((step) => way.some((known) => step.startsWith(known)))
      return -Math.abs(Number(mark.split('/')[0]) - (isRight ? 9 : 2))
    },
  })
}
