/** Ostro: load an open language model and talk to it. */
export type { StandardSchema } from './constrain/standard-schema.ts'
export { load } from './engine/load.ts'
export type { Completion, EmbedOptions, Model, RerankOptions, TokenizeOptions } from './engine/model.ts'
export type {
  CacheType,
  DeviceName,
  LoadEvent,
  LoadOptions,
  ModelInfo,
  PlanStep,
  StepProfile,
  TensorInfo,
} from './engine/model-info.ts'
export type { TranslateOptions, Translation, TranslationCandidate } from './engine/translation.ts'
export type { LogitRows, RankedDocument } from './engine/protocol.ts'
export type {
  ChatEvent,
  ChatMessage,
  ChatModel,
  ChatOptions,
  EndEvent,
  PrefillEvent,
  ReasoningDeltaEvent,
  TapEvent,
  TextDeltaEvent,
  Timings,
  ToolCallDeltaEvent,
  ToolCallEvent,
  ToolCallStartEvent,
  ToolChoice,
  ToolDefinition,
} from './tools/chat-model.ts'
export {
  type LoopEndEvent,
  type LoopEvent,
  type LoopOptions,
  runToolLoop,
  type StepEndEvent,
  type ToolResultEvent,
} from './tools/loop.ts'
export type { Abilities, LanguageModel, Prompt } from './tools/language-model.ts'
export type { ContinuationScore, ScoringModel } from './tools/scoring-model.ts'
export type { Budget, Spent } from './tools/steps/budget.ts'
export type { RunEndReason, RunEvent, RunResult, RunWarning } from './tools/steps/run-event.ts'
export { resultOf, type RunOptions, startRun } from './tools/steps/run.ts'
export type { SentenceEncoder, StepContext, StepDefinition, StepEvent, Translator } from './tools/steps/step.ts'
export type { Verdict, Verifier } from './tools/steps/verifier.ts'
export { type Approval, tool, type Tool, type ToolContext, type ToolOptions } from './tools/tool.ts'
export { type Classification, classify, type ClassifyOptions, type LabelledText, sentiment } from './tasks/classify.ts'
export { extract, type ExtractOptions } from './tasks/extract.ts'
export { type Calibration, calibrationError, fitCalibration } from './tasks/label-calibration.ts'
export { type ErrorCode, OstroError } from './util/error.ts'
export type {
  EndReason,
  GenerateOptions,
  Logprobs,
  OutputFormat,
  SamplingOptions,
  TokenLogprob,
  Usage,
} from './util/generation.ts'
export type { JsonSchema, JsonValue } from './util/json.ts'
