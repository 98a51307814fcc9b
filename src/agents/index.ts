/** `ostro/agents`: agents that try, judge and try again, over any model. */
export { type AgentLoopOptions, loop } from './loop.ts'
export { bestOfN, type BestOfNOptions } from './best-of-n.ts'
export type { Verdict, Verifier } from '../tools/steps/verifier.ts'
export type { Environment, InvalidAction, StepOutcome } from './environment.ts'
export { defaultRubric, type Critique, type Issue } from './reflection/critique.ts'
export { reflection, type ReflectionOptions } from './reflection.ts'
export { selfConsistency, type SelfConsistencyOptions } from './self-consistency.ts'
export { canonicalAnswer } from './canonical-answer.ts'
export { calculate, calculateTool } from './calculate.ts'
export { type TextCheck, textVerifier } from './text-verifier.ts'
export { lats, type LatsOptions } from './lats.ts'
export type { Trajectory } from './lats/model-world.ts'
export type { SearchExample, SearchGuide } from './lats/prompts.ts'
export { searchPresets, type SearchPreset, type SearchTuning } from './lats/presets.ts'
export {
  forkSearch,
  latestRows,
  memorySearchStore,
  type SearchCommit,
  type SearchRow,
  type SearchStore,
} from './lats/rows.ts'
export { openSqliteSearch } from './lats/sqlite-store.node.ts'
export { createTreeView, type DrawOptions, type TreeView } from './lats/draw-tree.ts'
export { countdown, gameOf24, type NumbersTask } from './environments/numbers-environment.ts'
export { type FileMove, fileTree } from './environments/file-tree.ts'
export { type Direction, keyDoor, keyDoorTask, type KeyDoorTask } from './environments/key-door.ts'
export { countdownTask, gameOf24Tasks } from './environments/number-tasks.ts'
export { environmentNamed, environments, type EnvironmentDefinition } from './environments/registry.ts'
export { expressionVerifier } from './environments/verify-expression.ts'
export { type Evaluator, reflexion, type ReflexionOptions } from './reflexion.ts'
export type { Actor, ActorRequest, Attempt, Lessons } from './reflexion/actor.ts'
export { exact, judgeOf, type JudgeOptions, rule } from './reflexion/evaluators.ts'
export { createMemory, type MemoryMode } from './reflexion/memory.ts'
export type { Memory, TrialRecord } from '../tools/steps/trial-memory.ts'
export { openSqliteMemory, type SqliteMemoryOptions } from './reflexion/memory-sqlite.node.ts'
export { type CodeTask } from './reflexion/code-task.ts'
export {
  type CodeTest,
  createTestBench,
  readCode,
  type TestBench,
  type TestResult,
  testsVerifier,
} from './reflexion/code-tests.ts'
export { selfTested, type SelfTestOptions } from './reflexion/self-written-tests.ts'
export { writeCode, type WriteCodeOptions } from './reflexion/write-code.ts'
export { reportOn, research, type ResearchedAnswer, type ResearchOptions, type Retrieve } from './reflexion/research.ts'
export { createSandbox, type Execution, type Sandbox, type SandboxOptions } from '../tools/sandbox/sandbox.ts'
