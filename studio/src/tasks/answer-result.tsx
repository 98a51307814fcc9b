/** An answer whose markers [n] open the words that it rests on, in their passage. */
import { useState } from 'react'
import { ResultPart } from '../runs/result-part.tsx'
import { MarkedSource } from './marked-source.tsx'
import type { ResultProps } from './task-result.tsx'
import './answer-result.css'

interface Citation {
  readonly n: number
  readonly quote: string
  readonly start: number
  readonly end: number
  readonly state: string
}

interface CitedAnswer {
  readonly answer: string
  readonly answered: boolean
  readonly sentences: readonly {
    readonly text: string
    readonly state: 'supported' | 'unsupported'
    readonly citations: readonly Citation[]
    readonly fault: string
  }[]
  readonly passages: readonly { readonly id: string; readonly text: string }[]
}

export function AnswerResult({ output }: ResultProps<CitedAnswer, unknown>) {
  const { answer, answered, sentences, passages } = output
  const first = sentences.flatMap(({ citations }) => citations).find(({ end }) => end > 0)
  const [open, setOpen] = useState<Citation | undefined>(first)
  const passage = open && passages[open.n - 1]
  return (
    <>
      <ResultPart title="Answer" copy={answered ? answer : undefined}>
        {!answered && <p className="run-text">The documents do not say.</p>}
        {sentences.map(({ text, state, citations, fault }, index) => (
          <p key={index} className="cited-sentence" data-state={state}>
            {text}{' '}
            {citations.map((citation, place) => (
              <button
                key={place}
                type="button"
                className="citation"
                data-state={citation.state}
                aria-pressed={open === citation}
                aria-label={`Source ${citation.n}: ${citation.quote}`}
                onClick={() => setOpen(citation)}
                onFocus={() => setOpen(citation)}
              >
                {citation.n}
              </button>
            ))}
            {state === 'unsupported' && <small>Not supported. {fault}</small>}
          </p>
        ))}
      </ResultPart>
      {open !== undefined && passage !== undefined && (
        <ResultPart title={`${open.n} · ${passage.id}`}>
          <MarkedSource text={passage.text} spans={[open]} active={open.end > 0 ? 0 : undefined} />
        </ResultPart>
      )}
    </>
  )
}
