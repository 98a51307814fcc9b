/** Messages and tools in, events out: the interface of chat models, and the layer that makes every model keep it. */
export type {
  ChatEvent,
  ChatMessage,
  ChatModel,
  ChatOptions,
  EndEvent,
  PrefillEvent,
  ReasoningDeltaEvent,
  TextDeltaEvent,
  Timings,
  ToolCallDeltaEvent,
  ToolCallEvent,
  ToolCallStartEvent,
  ToolChoice,
  ToolDefinition,
  ToolFormat,
} from './chat-model.ts'
export { analyseTemplate, type TemplateTraits } from './analyse-template.ts'
export { tellFormat } from './format-prompt.ts'
export { templateMessages } from './template-messages.ts'
export { checkTools, type CompileSchema, type ToolUse } from './check-tools.ts'
export type { CallNotation, Dialect, MemberNotation, ReasoningNotation } from './dialect.ts'
export { universal, universalCall, universalCompletion } from './dialects/universal.ts'
export { describeTools } from './describe-tools.ts'
export { expectCalls, type ExpectedPlace } from './expected-call/index.ts'
export type { HeldParameters, LeftoverValues } from './hold-leftover.ts'
export { narrowTools } from './narrow-parameters.ts'
export { createTurnReader, type TurnReader } from './turn-reader.ts'
export type { TurnGrammar, TurnState } from './turn/state.ts'
export { type CallableTool, turnGrammar, type TurnRequest } from './turn/turn.ts'
export {
  completionPrompt,
  defaultPromptOptions,
  mergeSystemTurn,
  textOf,
  universalMessages,
  type UniversalPromptInput,
  type UniversalPromptOptions,
} from './universal-prompt.ts'
