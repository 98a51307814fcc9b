/** A text that a user and a model write together: who wrote which piece, and how sure the model was. Pure. */
import type { ContinuedToken } from '../api/stream-completion.ts'

export interface Piece {
  readonly text: string
  /** Undefined where the user wrote it. */
  readonly token: ContinuedToken | undefined
}

export type Manuscript = readonly Piece[]

export function textOf(manuscript: Manuscript): string {
  return manuscript.map(({ text }) => text).join('')
}

export function continueWith(manuscript: Manuscript, tokens: readonly ContinuedToken[]): Manuscript {
  return [...manuscript, ...tokens.filter(({ text }) => text !== '').map((token) => ({ text: token.text, token }))]
}

/** The user changed the text: tokens that are still whole keep their probabilities, the rest is the user's. */
export function rewrite(manuscript: Manuscript, text: string): Manuscript {
  const before = textOf(manuscript)
  const head = takeWhole(manuscript, commonStart(before, text))
  // From the border of a token: a letter typed twice may belong to either side, and a whole token is worth more.
  const border = textOf(head).length
  const end = commonEnd(before.slice(border), text.slice(border))
  const tail = takeWhole(manuscript.toReversed(), end).toReversed()
  const middle = text.slice(border, text.length - textOf(tail).length)
  return joined([...head, ...(middle === '' ? [] : [{ text: middle, token: undefined }]), ...tail])
}

/** The text up to a token, with another one in its place. */
export function replaceToken(manuscript: Manuscript, index: number, text: string): Manuscript {
  const replaced = manuscript[index]?.token
  if (replaced === undefined) return manuscript
  const logprob = replaced.top.find((candidate) => candidate.text === text)?.logprob
  return [...manuscript.slice(0, index), { text, token: { ...replaced, text, logprob } }]
}

/** Index of the piece that holds the character at this offset; undefined behind the end. */
export function pieceAt(manuscript: Manuscript, offset: number): number | undefined {
  let end = 0
  const index = manuscript.findIndex(({ text }) => (end += text.length) > offset)
  return index < 0 ? undefined : index
}

function takeWhole(pieces: Manuscript, length: number): Manuscript {
  const taken: Piece[] = []
  let used = 0
  for (const piece of pieces) {
    if (used + piece.text.length > length) break
    used += piece.text.length
    taken.push(piece)
  }
  return taken
}

/** Neighbouring pieces of the user are one. */
function joined(pieces: Manuscript): Manuscript {
  return pieces.reduce<Piece[]>((all, piece) => {
    const last = all.at(-1)
    if (last && !last.token && !piece.token) all[all.length - 1] = { text: last.text + piece.text, token: undefined }
    else all.push(piece)
    return all
  }, [])
}

function commonStart(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1
  return length
}

function commonEnd(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a.at(-1 - length) === b.at(-1 - length)) length += 1
  return length
}
