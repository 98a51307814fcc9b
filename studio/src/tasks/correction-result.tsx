/** Corrections in their text: what goes and what comes; each can be refused and taken again. */
import { useMemo, useState } from 'react'
import { ResultPart } from '../runs/result-part.tsx'
import { applyParts, type CorrectionPart, correctionParts, type Edit } from './correction.ts'
import type { ResultProps } from './task-result.tsx'
import './correction-result.css'

interface Correction {
  readonly text: string
  readonly edits: readonly Edit[]
}

export function CorrectionResult({ output, input }: ResultProps<Correction, { readonly text: string }>) {
  const parts = useMemo(() => correctionParts(input.text, output.edits), [input, output])
  const [refused, setRefused] = useState<ReadonlySet<number>>(new Set())
  const toggle = (index: number) =>
    setRefused((before) => new Set(before.has(index) ? [...before].filter((one) => one !== index) : [...before, index]))
  const { length } = output.edits
  return (
    <ResultPart title="Corrections" copy={applyParts(parts, refused)}>
      <p className="corrected">
        {parts.map((part, place) => (
          <Part key={place} part={part} refused={refused} onToggle={toggle} />
        ))}
      </p>
      <div className="correction-foot">
        <p className="step-field-hint" role="status">
          {length === 0
            ? 'Nothing to correct.'
            : `${length - refused.size} of ${length} ${length === 1 ? 'correction' : 'corrections'} taken.`}
        </p>
        {length > 0 && (
          <>
            <button
              type="button"
              className="button button-small"
              disabled={refused.size === 0}
              onClick={() => setRefused(new Set())}
            >
              Take all
            </button>
            <button
              type="button"
              className="button button-small"
              disabled={refused.size === length}
              onClick={() => setRefused(new Set(output.edits.keys()))}
            >
              Take none
            </button>
          </>
        )}
      </div>
    </ResultPart>
  )
}

interface PartProps {
  readonly part: CorrectionPart
  readonly refused: ReadonlySet<number>
  readonly onToggle: (index: number) => void
}

function Part({ part, refused, onToggle }: PartProps) {
  if (part.kind === 'same') return part.text
  const { index, edit } = part
  const { original, replacement } = edit
  const taken = !refused.has(index)
  return (
    <button
      type="button"
      className="correction"
      aria-pressed={taken}
      aria-label={`${visible(original)} becomes ${visible(replacement)}`}
      onClick={() => onToggle(index)}
    >
      {original !== '' && <del>{original}</del>}
      {replacement !== '' && <ins>{replacement}</ins>}
    </button>
  )
}

function visible(text: string): string {
  return text.trim() === '' ? (text === '' ? 'nothing' : 'space') : text
}
