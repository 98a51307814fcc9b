/** The suites of tasks with texts, by what they are called on the command line. */
import { answeringSuite } from './answering.ts'
import { extractionSuite } from './extraction.ts'
import { insightSuite } from './insights.ts'
import { articleSuite, summarySuite } from './summaries.ts'
import type { TextSuite } from './text-suite.ts'
import { translationSuite } from './translations.ts'

export const textSuites: readonly TextSuite[] = [
  summarySuite,
  articleSuite,
  translationSuite,
  extractionSuite,
  answeringSuite,
  insightSuite,
]
