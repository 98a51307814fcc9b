/** The registry of text tasks: commands, endpoints, forms and nodes are made from it. */
import type { StepDefinition } from '../../tools/steps/step.ts'
import { answerStep } from './answer-step.ts'
import { classifyStep, sentimentStep } from './classify-step.ts'
import { correctStep } from './correct-step.ts'
import { extractStep } from './extract-step.ts'
import { insightsStep } from './insights-step.ts'
import { summariseStep } from './summarise-step.ts'
import { translateStep } from './translate-step.ts'

export const taskSteps: readonly StepDefinition[] = [
  summariseStep,
  translateStep,
  classifyStep,
  sentimentStep,
  answerStep,
  extractStep,
  correctStep,
  insightsStep,
]

/** The task of a name; undefined where there is none. */
export function findTask(name: string): StepDefinition | undefined {
  return taskSteps.find((step) => step.name === name)
}
