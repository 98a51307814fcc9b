/** A summary whose sentences show the place of the source that each rests on. */
import { useState } from 'react'
import { ResultPart } from '../runs/result-part.tsx'
import { MarkedSource } from './marked-source.tsx'
import type { ResultProps } from './task-result.tsx'
import './summary-result.css'

interface Summary {
  readonly summary: string
  readonly support: readonly {
    readonly sentence: string
    readonly start: number
    readonly end: number
    readonly score: number
  }[]
  readonly dropped: readonly { readonly sentence: string; readonly fault: string }[]
  readonly parts: number
}

export function SummaryResult({ output, input }: ResultProps<Summary, { readonly text: string }>) {
  const [active, setActive] = useState<number>()
  const { summary, support, dropped } = output
  return (
    <>
      <ResultPart title="Summary" copy={summary}>
        <ol className="supported-sentences">
          {support.map(({ sentence }, index) => (
            <li key={index}>
              <button
                type="button"
                aria-pressed={active === index}
                onMouseEnter={() => setActive(index)}
                onFocus={() => setActive(index)}
                onClick={() => setActive(index)}
              >
                {sentence}
              </button>
            </li>
          ))}
        </ol>
        {support.length === 0 && <p className="run-text">{summary}</p>}
      </ResultPart>
      {dropped.length > 0 && (
        <details className="dropped">
          <summary>
            {dropped.length} {dropped.length === 1 ? 'sentence' : 'sentences'} of the model left out
          </summary>
          <ul>
            {dropped.map(({ sentence, fault }, index) => (
              <li key={index}>
                {sentence} <small>{fault}</small>
              </li>
            ))}
          </ul>
        </details>
      )}
      <ResultPart title="Source">
        <MarkedSource text={input.text} spans={support} active={active} />
      </ResultPart>
    </>
  )
}
