/** What a task came to, in the view that suits it; one that the page does not know is shown as data. */
import type { ComponentType } from 'react'
import { LiveCalls } from '../runs/live-calls.tsx'
import { ResultPart } from '../runs/result-part.tsx'
import type { StepRun } from '../runs/run-store.ts'
import { AnswerResult } from './answer-result.tsx'
import { ClassificationResult } from './classification-result.tsx'
import { CorrectionResult } from './correction-result.tsx'
import { InsightsResult } from './insights-result.tsx'
import { RecordsResult } from './records-result.tsx'
import { SummaryResult } from './summary-result.tsx'
import { TranslationResult } from './translation-result.tsx'

export interface ResultProps<Output, Input> {
  readonly output: Output
  readonly input: Input
}

const views: Readonly<Record<string, ComponentType<ResultProps<never, never>>>> = {
  summarise: SummaryResult,
  classify: ClassificationResult,
  sentiment: ClassificationResult,
  answer: AnswerResult,
  insights: InsightsResult,
  extract: RecordsResult,
  correct: CorrectionResult,
  translate: TranslationResult,
}

export function TaskResult({ run, name }: { readonly run: StepRun; readonly name: string }) {
  const { view, input, status } = run
  if (view.answer === undefined) return status === 'running' ? <LiveCalls calls={view.calls} /> : null
  const View = views[name]
  const { output } = view.answer
  // The server has made the output with the schema that the view is written for.
  if (View !== undefined) return <View output={output as never} input={input as never} />
  const json = JSON.stringify(output, undefined, 2)
  return (
    <ResultPart title="Result" copy={json}>
      <pre className="result-json scrolling">{json}</pre>
    </ResultPart>
  )
}
