/** A source with its marked places; the one that is pointed at is brought into view. */
import { useEffect, useRef } from 'react'
import { piecesOf, type Span } from './pieces.ts'
import './marked-source.css'

interface MarkedSourceProps {
  readonly text: string
  readonly spans: readonly Span[]
  /** Place in `spans`. */
  readonly active: number | undefined
}

export function MarkedSource({ text, spans, active }: MarkedSourceProps) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (active === undefined || box.current === null) return
    const mark = box.current.querySelector<HTMLElement>('[data-active="true"]')
    if (mark === null) return
    // Only the box scrolls: the page stays where the reader is.
    box.current.scrollTo({ top: mark.offsetTop - box.current.clientHeight / 3, behavior: 'smooth' })
  }, [active])
  return (
    <div className="marked-source scrolling" ref={box} tabIndex={0} role="region" aria-label="Source">
      {piecesOf(text, spans).map(({ text: piece, spans: within }, index) =>
        within.length === 0 ? (
          <span key={index}>{piece}</span>
        ) : (
          <mark key={index} data-active={active !== undefined && within.includes(active)}>
            {piece}
          </mark>
        ),
      )}
    </div>
  )
}
