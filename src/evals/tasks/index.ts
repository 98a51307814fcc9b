/** The suites of tasks with texts, by what they are called on the command line. */
import { answeringSuite } from './answering.ts'
import { extractionSuite } from './extraction.ts'
import type { TextSuite } from './text-suite.ts'

export const textSuites: readonly TextSuite[] = [extractionSuite, answeringSuite]
