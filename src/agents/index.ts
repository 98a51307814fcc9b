/** `ostro/agents`: agents that try, judge and try again, over any model. */
export { type AgentLoopOptions, loop } from './loop.ts'
export { bestOfN, type BestOfNOptions } from './best-of-n.ts'
export type { Environment, InvalidAction, StepOutcome } from './environment.ts'
export { defaultRubric, type Critique, type Issue } from './critique.ts'
export { reflection, type ReflectionOptions } from './reflection.ts'
export { selfConsistency, type SelfConsistencyOptions } from './self-consistency.ts'
export { canonicalAnswer } from './canonical-answer.ts'
