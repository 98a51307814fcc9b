/** What an agent has tried, round by round: each text with its score, what is wrong with it, and whether it was taken. */
import { ResultPart } from '../runs/result-part.tsx'
import type { CandidateView } from '../runs/run-view.ts'
import { Icon } from '../ui/icons.tsx'

interface CandidateListProps {
  readonly candidates: readonly CandidateView[]
  /** The one that was taken. */
  readonly answer: string | undefined
}

export function CandidateList({ candidates, answer }: CandidateListProps) {
  const taken = candidates.find(({ candidate }) => textOf(candidate) === answer)
  const inRounds = candidates.some(({ round }) => round > 0)
  return (
    <ResultPart title={candidates.length === 1 ? 'One candidate' : `${candidates.length} candidates`}>
      <ol className="candidates">
        {candidates.map((one) => (
          <Candidate key={one.index} candidate={one} taken={one === taken} inRounds={inRounds} />
        ))}
      </ol>
    </ResultPart>
  )
}

interface CandidateProps {
  readonly candidate: CandidateView
  readonly taken: boolean
  /** Whether candidates came one after the other. */
  readonly inRounds: boolean
}

function Candidate({ candidate: one, taken, inRounds }: CandidateProps) {
  const { index, round, candidate, verdict, critique } = one
  const text = textOf(candidate)
  const issues = issuesOf(critique)
  const place = [...(inRounds ? [round > 0 ? `Round ${round}` : 'First'] : []), ...(taken ? ['taken'] : [])]
  return (
    <li data-taken={taken}>
      <details open={taken}>
        <summary>
          <span className="candidate-number">{index + 1}</span>
          <span className="candidate-begin">{text.trim().slice(0, 120) || '(empty)'}</span>
          {verdict && (
            <span className="candidate-score" data-passed={verdict.passed}>
              {verdict.passed && <Icon name="check" size={14} />}
              {verdict.score.toFixed(2)}
            </span>
          )}
        </summary>
        <p className="candidate-text">{text}</p>
        {verdict !== undefined && verdict.feedback !== '' && <p className="candidate-feedback">{verdict.feedback}</p>}
        {issues.length > 0 && (
          <ul className="issues">
            {issues.map(({ quote, problem, fix }, at) => (
              <li key={at}>
                {quote !== '' && <q>{quote}</q>} {problem} <em>{fix}</em>
              </li>
            ))}
          </ul>
        )}
        {place.length > 0 && <p className="step-field-hint">{place.join(', ')}</p>}
      </details>
    </li>
  )
}

interface Issue {
  readonly quote: string
  readonly problem: string
  readonly fix: string
}

function issuesOf(critique: unknown): readonly Issue[] {
  const { issues } = (critique ?? {}) as { issues?: readonly Issue[] }
  return issues ?? []
}

function textOf(candidate: unknown): string {
  return typeof candidate === 'string' ? candidate : JSON.stringify(candidate, undefined, 2)
}
