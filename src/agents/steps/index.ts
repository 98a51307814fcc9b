/** The registry of agents: commands, endpoints, forms and nodes are made from it. */
import type { StepDefinition } from '../../tools/steps/step.ts'
import { latsStep } from './lats-step.ts'
import { loopStep } from './loop-step.ts'
import { reflectionStep } from './reflection-step.ts'
import { reflexionStep } from './reflexion-step.ts'
import { bestOfNStep, selfConsistencyStep } from './sampling-steps.ts'

export const agentSteps: readonly StepDefinition[] = [
  loopStep,
  latsStep,
  reflectionStep,
  reflexionStep,
  bestOfNStep,
  selfConsistencyStep,
]
