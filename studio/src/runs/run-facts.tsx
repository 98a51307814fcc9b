/** How a run stands: what it does, what it has spent, why it ended, what to be careful about. */
import { Icon } from '../ui/icons.tsx'
import { labelOf } from './form-fields.ts'
import type { StepRun } from './run-store.ts'
import './run-facts.css'

export function RunFacts({ run }: { readonly run: StepRun }) {
  const { status, view } = run
  const { answer, stage, spent, warnings } = view
  const facts = [
    statusText(run),
    spent && spent.tokensSeen > 0 ? `${spent.tokensSeen.toLocaleString('en')} tokens` : undefined,
    spent && spent.modelCalls > 0 ? `${spent.modelCalls} ${spent.modelCalls === 1 ? 'call' : 'calls'}` : undefined,
    answer && `${(answer.spent.wallMs / 1000).toFixed(1)} s`,
    answer?.model,
  ]
  return (
    <div className="run-facts">
      <p role="status" data-status={status}>
        {status === 'running' && <span className="run-spinner" aria-hidden="true" />}
        {facts.filter((fact) => fact !== undefined).join(' · ')}
      </p>
      {status === 'running' && stage !== undefined && stage.total > 1 && (
        <progress aria-label={labelOf(stage.name)} value={stage.done} max={stage.total} />
      )}
      {warnings.map(({ code, message }, index) => (
        <p key={`${code}${index}`} className="run-warning">
          <Icon name="warning" size={15} /> {withoutPlace(message)}
        </p>
      ))}
    </div>
  )
}

function statusText({ status, view: { answer, stage, calls } }: StepRun): string {
  if (status === 'stopped') return 'Stopped'
  if (status === 'failed') return 'Failed'
  if (status === 'done') return answer === undefined ? 'Done' : reasonText(answer.reason, answer.verified)
  const purpose = calls.findLast(({ ended }) => !ended)?.purpose
  return stage === undefined ? `${labelOf(purpose ?? 'starting')} …` : `${labelOf(stage.name)} …`
}

function reasonText(reason: string, verified: boolean): string {
  const limit = /^budget-(.+)$/.exec(reason)?.[1]
  if (limit !== undefined) return `Ended by its budget (${labelOf(limit).toLowerCase()})`
  const known = reasons[reason]
  return verified ? `${known ?? labelOf(reason)}, verified` : (known ?? labelOf(reason))
}

const reasons: Readonly<Record<string, string>> = {
  answered: 'Done',
  passed: 'Passed',
  threshold: 'Good enough',
  plateau: 'No better any more',
  exhausted: 'Nothing left to try',
  stuck: 'The same again and again',
}

/** Warnings of the library name their place first; here it is plain. What follows the first line is for programs. */
function withoutPlace(message: string): string {
  const [line = ''] = message.replace(/^[a-zA-Z]+: /, '').split('\n')
  return line.length > mostLetters ? `${line.slice(0, mostLetters)} …` : line
}

const mostLetters = 180
