/**
 * A completion from a server that knows no grammars, held to one all the same: what is forced is written for the model, what it writes is
 * checked byte by byte, cut before the first byte that is illegal, and goes on from there with its next best legal token.
 */
import type { State } from '../constrain/grammar.ts'
import { OstroError } from '../util/error.ts'

/** Text that continues a prompt. */
export interface TextSource {
  readonly stream: (prompt: string, maxTokens: number, signal: AbortSignal | undefined) => AsyncIterable<string>
  /** Texts of the most probable next tokens, best first; empty where the server doesn't tell. */
  readonly alternatives: (prompt: string, signal: AbortSignal | undefined) => Promise<readonly string[]>
}

export interface HeldCompletionInput<S extends State> {
  readonly source: TextSource
  readonly prompt: string
  readonly start: S
  /** How the answer begins. */
  readonly opening: string
  readonly maxTokens: number
  readonly signal: AbortSignal | undefined
}

export type HeldPiece<S> =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array; readonly states: readonly S[] }
  | { readonly type: 'end'; readonly complete: boolean; readonly usedTokens: number }

/** Cuts after which only the shortest way to an end is written. */
const mostCuts = 32

/**
 * Yields what is legal, and at last whether it is complete. Token counts are the server's pieces, so a limit is kept as well as these
 * tell.
 * @throws OstroError `unsupported` where the text is stuck and no end is known
 */
export async function* holdCompletion<S extends State>(input: HeldCompletionInput<S>): AsyncGenerator<HeldPiece<S>> {
  const { source, prompt, maxTokens, signal } = input
  let state: State = input.start
  let written = ''
  let usedTokens = 0
  const accept = (text: string): HeldPiece<S> | undefined => {
    const read = readLegal(state, text)
    if (read.length === 0) return undefined
    state = read.states.at(-1) as State
    written += text.slice(0, read.length)
    return { type: 'bytes', bytes: encoder.encode(text.slice(0, read.length)), states: read.states as S[] }
  }

  for (let cuts = 0; usedTokens < maxTokens; cuts++) {
    const opening = cuts === 0 ? input.opening : ''
    const forced = accept(opening + forcedText(after(state, opening)))
    if (forced !== undefined) yield forced
    if (isOver(state)) return yield { type: 'end', complete: true, usedTokens }
    let cut = false
    for await (const text of source.stream(prompt + written, maxTokens - usedTokens, signal)) {
      usedTokens++
      const before = written.length
      const piece = accept(text)
      if (piece !== undefined) yield piece
      cut = written.length - before < text.length
      if (cut || isOver(state) || usedTokens >= maxTokens) break
    }
    if (state.canEnd) return yield { type: 'end', complete: true, usedTokens }
    if (usedTokens >= maxTokens) break
    // The model would write the same again: its next best legal token leads out, or the shortest end.
    const legal = (await source.alternatives(prompt + written, signal)).find(
      (text) => readLegal(state, text).length > 0,
    )
    const way = cuts < mostCuts ? (legal ?? firstCharacter(closingText(state))) : closingText(state)
    const piece = way === undefined ? undefined : accept(way)
    if (piece === undefined) {
      throw new OstroError('unsupported', `remote: the answer is stuck after ${JSON.stringify(written.slice(-60))}.`)
    }
    usedTokens++
    yield piece
    if (cuts >= mostCuts) return yield { type: 'end', complete: state.canEnd, usedTokens }
  }
  yield { type: 'end', complete: state.canEnd, usedTokens }
}

const encoder = new TextEncoder()

/** How many UTF-16 units of the text are legal, in whole characters, and the states after each of their bytes. */
function readLegal(start: State, text: string): { readonly length: number; readonly states: readonly State[] } {
  const states: State[] = []
  let state = start
  let length = 0
  for (const character of text) {
    const passed: State[] = []
    for (const byte of encoder.encode(character)) {
      const next = state.next(byte)
      if (next === undefined) return { length, states }
      passed.push(next)
      state = next
    }
    states.push(...passed)
    length += character.length
  }
  return { length, states }
}

const after = (start: State, text: string): State => readLegal(start, text).states.at(-1) ?? start

/** What can only come next, as far as that goes and is whole characters. */
function forcedText(start: State): string {
  const bytes: number[] = []
  for (let state = start; !state.canEnd && bytes.length < 4096;) {
    let only: { readonly byte: number; readonly state: State } | undefined
    for (let byte = 0; byte < 256; byte++) {
      const next = state.next(byte)
      if (next === undefined) continue
      if (only !== undefined) return wholeCharacters(bytes)
      only = { byte, state: next }
    }
    if (only === undefined) break
    bytes.push(only.byte)
    state = only.state
  }
  return wholeCharacters(bytes)
}

/** Without the start of a character at the end. */
const wholeCharacters = (bytes: readonly number[]): string =>
  new TextDecoder().decode(Uint8Array.from(bytes), { stream: true })

const isOver = (state: State): boolean => {
  if (!state.canEnd) return false
  for (let byte = 0; byte < 256; byte++) if (state.next(byte) !== undefined) return false
  return true
}

function closingText(state: State): string | undefined {
  const bytes = state.closing()
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

const firstCharacter = (text: string | undefined): string | undefined => [...(text ?? '')][0]
