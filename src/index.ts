/** Ostro: load an open language model and talk to it. */
export { load } from './engine/load.ts'
export type { Completion, Model, TokenizeOptions } from './engine/model.ts'
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
export type { LogitRows } from './engine/protocol.ts'
export type {
  ChatEvent,
  ChatMessage,
  ChatModel,
  ChatOptions,
  EndEvent,
  PrefillEvent,
  TextDeltaEvent,
  Timings,
} from './tools/chat-model.ts'
export { type ErrorCode, OstroError } from './util/error.ts'
export type { EndReason, GenerateOptions, Logprobs, SamplingOptions, TokenLogprob, Usage } from './util/generation.ts'
