/** What went wrong with an answer and what to do now. */
import { type Failure, adviceFor } from '../api/error.ts'
import { openDialog } from './shell-store.ts'
import { Icon } from '../ui/icons.tsx'
import './failure-card.css'

export function FailureCard({ failure, onRetry }: { readonly failure: Failure; readonly onRetry: () => void }) {
  const advice = adviceFor(failure)
  return (
    <div className="failure-card" role="alert">
      <Icon name="warning" />
      <div>
        <p className="failure-message">{failure.message}</p>
        {advice && <p className="failure-advice">{advice}</p>}
        <div className="failure-actions">
          <button type="button" className="button button-small" onClick={onRetry}>
            Try again
          </button>
          {failure.status === 401 && (
            <button type="button" className="button button-small" onClick={() => openDialog('key')}>
              Enter a key
            </button>
          )}
        </div>
      </div>
    </div>
  )
}
