/** How probable a token was and what else could have stood there; a rival can be taken instead. */
import { useLayoutEffect, useRef } from 'react'
import type { CandidateToken, ContinuedToken } from '../api/stream-completion.ts'

interface TokenCardProps {
  readonly token: ContinuedToken
  readonly anchor: Element
  readonly onEnter: () => void
  readonly onLeave: () => void
  readonly onChoose: ((text: string) => void) | undefined
}

const gap = 8

export function TokenCard({ token, anchor, onEnter, onLeave, onChoose }: TokenCardProps) {
  const card = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (card.current) place(card.current, anchor.getClientRects()[0] ?? anchor.getBoundingClientRect())
  }, [anchor])
  const candidates = candidatesOf(token)
  return (
    <div
      ref={card}
      id="token-card"
      className="token-card"
      role="status"
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
    >
      {token.logprob === undefined ? (
        <p>The server gave no probability.</p>
      ) : (
        <>
          <p className="token-card-head">
            <code>{visible(token.text)}</code>
            <span>{percent(token.logprob)}</span>
            <small>log-probability {token.logprob.toFixed(2)}</small>
          </p>
          <ul>
            {candidates.map((candidate) => (
              <li key={candidate.text}>
                <button
                  type="button"
                  disabled={onChoose === undefined || candidate.text === token.text}
                  aria-label={`${visible(candidate.text)}, ${percent(candidate.logprob)}`}
                  title="Continue from this token"
                  data-taken={candidate.text === token.text}
                  onClick={() => onChoose?.(candidate.text)}
                >
                  <code>{visible(candidate.text)}</code>
                  <meter min={0} max={1} value={Math.exp(candidate.logprob)} aria-hidden="true" />
                  <span>{percent(candidate.logprob)}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

/** The token itself is among them, also where it was no favourite. */
function candidatesOf({ text, logprob, top }: ContinuedToken): readonly CandidateToken[] {
  if (logprob === undefined || top.some((candidate) => candidate.text === text)) return top
  return [...top, { text, logprob }]
}

/** Below the token, or above it where the window ends; set through the style object, which the page's policy allows. */
function place(card: HTMLElement, { left, top, bottom }: DOMRect): void {
  const { width, height } = card.getBoundingClientRect()
  const below = bottom + gap + height < innerHeight
  card.style.left = `${Math.max(gap, Math.min(left, innerWidth - width - gap))}px`
  card.style.top = `${below ? bottom + gap : Math.max(gap, top - gap - height)}px`
}

function visible(text: string): string {
  return text.replaceAll(' ', '␣').replaceAll('\n', '⏎').replaceAll('\t', '⇥')
}

function percent(logprob: number): string {
  const value = Math.exp(logprob) * 100
  if (value >= 99.95) return '100 %'
  return value < 0.1 ? '< 0.1 %' : `${value.toFixed(1)} %`
}
