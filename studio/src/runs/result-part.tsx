/** A part of a result: a heading, what belongs to it, and a button that copies it. */
import type { ReactNode } from 'react'
import { CopyButton } from '../ui/copy-button.tsx'

interface ResultPartProps {
  readonly title: string
  /** What the button copies; none where undefined. */
  readonly copy?: string | undefined
  readonly children: ReactNode
}

export function ResultPart({ title, copy, children }: ResultPartProps) {
  return (
    <section className="run-part" aria-label={title}>
      <div className="run-part-head">
        <h2>{title}</h2>
        {copy !== undefined && <CopyButton text={copy} label={`Copy: ${title.toLowerCase()}`} />}
      </div>
      {children}
    </section>
  )
}
