/** The labels of a text with their probabilities, most probable first. */
import { Icon } from '../ui/icons.tsx'
import { ResultPart } from '../runs/result-part.tsx'
import type { ResultProps } from './task-result.tsx'
import './classification-result.css'

interface Classification {
  readonly labels: readonly string[]
  readonly probabilities: Readonly<Record<string, number>>
}

export function ClassificationResult({ output }: ResultProps<Classification, unknown>) {
  const { labels, probabilities } = output
  const ranked = Object.entries(probabilities).toSorted(([, a], [, b]) => b - a)
  return (
    <ResultPart title="Labels" copy={labels.join('\n')}>
      <ol className="label-bars">
        {ranked.map(([label, probability]) => (
          <li key={label} data-chosen={labels.includes(label)}>
            <span className="label-bars-name">
              {label}
              {labels.includes(label) && <Icon name="check" size={15} />}
              {labels.includes(label) && <span className="visually-hidden"> (chosen)</span>}
            </span>
            <span className="label-bars-share">{percent(probability)}</span>
            <meter aria-label={`Probability of ${label}`} value={probability} min={0} max={1} />
          </li>
        ))}
      </ol>
      {labels.length === 0 && <p className="step-field-hint">No label is probable enough: the model abstains.</p>}
      <p className="step-field-hint">
        Probabilities are the model’s own, of the text under each label; nothing that it writes is parsed.
      </p>
    </ResultPart>
  )
}

function percent(share: number): string {
  if (share > 0 && share < 0.001) return '< 0.1 %'
  return `${(100 * share).toFixed(1)} %`
}
