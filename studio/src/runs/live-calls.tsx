/** What the model writes while a run works: the answers that have not ended, the newest last. */
import { labelOf } from './form-fields.ts'
import type { CallView } from './run-view.ts'
import './live-calls.css'

const mostShown = 4
const mostLetters = 1200

export function LiveCalls({ calls }: { readonly calls: readonly CallView[] }) {
  const open = calls.filter(({ ended, text }) => !ended && text !== '').slice(-mostShown)
  if (open.length === 0) return null
  return (
    <ul className="live-calls" aria-label="What the model writes">
      {open.map(({ call, purpose, text }) => (
        <li key={call}>
          <span>{labelOf(purpose)}</span>
          <p>{text.length > mostLetters ? `… ${text.slice(-mostLetters)}` : text}</p>
        </li>
      ))}
    </ul>
  )
}
