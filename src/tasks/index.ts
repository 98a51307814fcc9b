/** `ostro/tasks`: what people want done with texts, each a function over any model, with a streaming twin and a step. */
export { answer, answerEvents, type AnswerOptions, type CitedAnswer, type PassageSearch } from './answer.ts'
export type { AnswerSentence } from './answer-sentences.ts'
export {
  type Classification,
  classify,
  classifyEvents,
  type ClassifyOptions,
  type LabelledText,
  sentiment,
  sentimentEvents,
} from './classify.ts'
export { correct, correctEvents, type Correction, type CorrectOptions } from './correct.ts'
export { extract, type ExtractOptions } from './extract.ts'
export {
  extractEvents,
  type Extraction,
  extractSourced,
  type ExtractSourcedOptions,
  type SourcedRecord,
} from './extract-sourced.ts'
export {
  type Insight,
  type Insights,
  insights,
  insightsEvents,
  type InsightsOptions,
  type Mention,
} from './insights.ts'
export { type Calibration, calibrationError, fitCalibration } from './label-calibration.ts'
export { detectLanguage, type Language } from './language.ts'
export type { Support } from './source-support.ts'
export { findTask, taskSteps } from './steps/index.ts'
export type { DroppedSentence, SummarySentence } from './summary-writer.ts'
export { summarise, summariseEvents, type SummariseOptions, type Summary } from './summarise.ts'
export type { TaskEnd } from './task-run.ts'
export { translate, type TranslatedText, translateEvents, type TranslateTaskOptions } from './translate.ts'
export type { ValueSpan } from './value-spans.ts'
export type { Edit } from './word-diff.ts'
