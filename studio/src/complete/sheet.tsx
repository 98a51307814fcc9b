/**
 * The sheet to write on. A text field with invisible letters lies exactly above a copy of its text in which every token is an
 * element: the field gives the caret, the copy gives the colours, and the pointer or the caret tells which token is meant.
 */
import { useEffect, useRef, useState } from 'react'
import { chooseAlternative, rewriteText } from './complete-store.ts'
import { type Manuscript, pieceAt, textOf } from './manuscript.ts'
import { TokenCard } from './token-card.tsx'

interface SheetProps {
  readonly manuscript: Manuscript
  readonly running: boolean
  readonly shaded: boolean
}

/** The card stays that long after the pointer has left, so that it can be reached. */
const lingerMs = 220

export function Sheet({ manuscript, running, shaded }: SheetProps) {
  const copy = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [pointed, setPointed] = useState<number>()
  useEffect(() => setPointed(undefined), [manuscript])
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) field.current?.focus()
  }, [])
  useEffect(() => {
    const { current } = copy
    if (running) current?.lastElementChild?.scrollIntoView({ block: 'nearest' })
  }, [manuscript, running])

  const point = (index: number | undefined) => {
    clearTimeout(leaving.current)
    if (index !== undefined && manuscript[index]?.token) setPointed(index)
    else leaving.current = setTimeout(() => setPointed(undefined), lingerMs)
  }
  const pointCaret = () => {
    const offset = field.current?.selectionStart
    if (!running && offset !== undefined) point(pieceAt(manuscript, offset))
  }
  const token = pointed === undefined ? undefined : manuscript[pointed]?.token
  const anchor = pointed === undefined ? undefined : copy.current?.children[pointed]
  return (
    <div className="sheet" data-shaded={shaded} data-running={running}>
      <div className="sheet-copy" ref={copy} aria-hidden="true">
        {manuscript.map((piece, index) => (
          <span
            key={index}
            className={piece.token ? 'sheet-token' : undefined}
            data-index={index}
            data-pointed={index === pointed}
            data-sure={piece.token ? sureness(piece.token.logprob) : undefined}
          >
            {piece.text}
          </span>
        ))}
        <span className="sheet-end">{'\u200b'}</span>
      </div>
      <textarea
        ref={field}
        className="sheet-field"
        aria-label="Text to continue"
        aria-describedby="token-card"
        placeholder="Once upon a time, on a coast where the south wind"
        spellCheck={false}
        readOnly={running}
        value={textOf(manuscript)}
        onChange={({ target }) => rewriteText(target.value)}
        onPointerMove={({ clientX, clientY }) => point(pieceUnder(clientX, clientY))}
        onPointerLeave={() => point(undefined)}
        onKeyUp={({ key }) => key.startsWith('Arrow') && pointCaret()}
        onClick={pointCaret}
      />
      {token && anchor && pointed !== undefined && (
        <TokenCard
          key={pointed}
          token={token}
          anchor={anchor}
          onEnter={() => clearTimeout(leaving.current)}
          onLeave={() => point(undefined)}
          onChoose={running ? undefined : (text) => chooseAlternative(pointed, text)}
        />
      )}
    </div>
  )
}

function pieceUnder(x: number, y: number): number | undefined {
  const element = document
    .elementsFromPoint(x, y)
    .find((candidate) => candidate instanceof HTMLElement && candidate.dataset.index !== undefined)
  return element instanceof HTMLElement ? Number(element.dataset.index) : undefined
}

/** Five steps from a guess to a certainty, for the shading. */
function sureness(logprob: number | undefined): number | undefined {
  if (logprob === undefined) return undefined
  const probability = Math.exp(logprob)
  return [0.05, 0.2, 0.5, 0.85].filter((border) => probability >= border).length
}
