/**
 * Runs whole texts through an encoder, as many side by side as a run has room for. Texts lie one after the other without padding; their
 * tokens see only their own text. What waits is taken in the order in which it came, and shorter texts fill what is left of a run.
 */
import { type Batch, pageTokens, type Program } from '../tensor/device.ts'
import { breathe } from '../util/breathe.ts'
import { OstroError } from '../util/error.ts'

export interface EncodedText {
  readonly tokens: readonly number[]
  /** Token types; default all 0. */
  readonly segments?: readonly number[]
}

export interface TextsRequest {
  /** Each at least one token and at most `chunkTokens`. */
  readonly texts: readonly EncodedText[]
  /** Whether the output is wanted of all tokens of a text or of its first. */
  readonly rows: 'all' | 'first'
  /** Name of the graph's output. */
  readonly output: string
  /** Gets the output of each text [rows, width], a view that is valid during the call. */
  readonly take: (index: number, rows: Float32Array) => void
  readonly signal: AbortSignal
}

export interface TextRunner {
  /** Resolves when all texts were taken. @throws OstroError `aborted`, `device` */
  readonly run: (request: TextsRequest) => Promise<void>
}

export interface TextRunnerOptions {
  /** Most tokens, and texts, of one run. */
  readonly chunkTokens: number
  readonly slots: number
}

interface Work {
  readonly request: TextsRequest
  /** Texts that are not taken yet, the longest first. */
  readonly open: Set<number>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Piece {
  readonly work: Work
  readonly index: number
}

/** Pages that any run of so many tokens and texts can need: each text has at most one that is not full. */
export function pagesOfRuns({ chunkTokens, slots }: TextRunnerOptions): number {
  return Math.ceil(chunkTokens / pageTokens) + slots
}

export function createTextRunner(program: Pick<Program, 'run' | 'caches'>, options: TextRunnerOptions): TextRunner {
  const waiting: Work[] = []
  let awake = false

  const wake = (): void => {
    if (awake || waiting.length === 0) return
    awake = true
    // Cancels and new requests are heard between two runs.
    void breathe().then(() => {
      awake = false
      runRound()
      wake()
    })
  }
  const settle = (work: Work): void => {
    const at = waiting.indexOf(work)
    if (at >= 0) waiting.splice(at, 1)
  }
  const runRound = (): void => {
    const pieces = choosePieces(waiting, options)
    if (pieces.length === 0) return
    try {
      runPieces(program, pieces)
    } catch (error) {
      for (const work of new Set(pieces.map((piece) => piece.work))) {
        settle(work)
        work.reject(error)
      }
      return
    }
    for (const { work, index } of pieces) {
      work.open.delete(index)
      if (work.open.size > 0) continue
      settle(work)
      work.resolve()
    }
  }

  return {
    run: (request) =>
      new Promise((resolve, reject) => {
        const { texts, signal } = request
        const order = Array.from(texts.keys()).toSorted((a, b) => texts[b].tokens.length - texts[a].tokens.length)
        const aborted = (): void => {
          settle(work)
          work.reject(new OstroError('aborted', 'encoder: the signal fired before all texts had run.'))
        }
        const work: Work = {
          request,
          open: new Set(order),
          resolve: () => {
            signal.removeEventListener('abort', aborted)
            resolve()
          },
          reject: (error) => {
            signal.removeEventListener('abort', aborted)
            reject(error)
          },
        }
        if (signal.aborted) return aborted()
        if (texts.length === 0) return resolve()
        signal.addEventListener('abort', aborted, { once: true })
        waiting.push(work)
        wake()
      }),
  }
}

/** Texts that are looked at for one run; it bounds the choice where a hundred thousand wait. */
const mostCandidates = 1024

/** The first text that waits always fits, so nobody waits for ever. */
function choosePieces(waiting: readonly Work[], { chunkTokens, slots }: TextRunnerOptions): Piece[] {
  const pieces: Piece[] = []
  let tokensLeft = chunkTokens
  let candidates = 0
  for (const work of waiting) {
    for (const index of work.open) {
      if (candidates++ === mostCandidates) return pieces
      const { length } = work.request.texts[index].tokens
      if (length > tokensLeft) continue
      pieces.push({ work, index })
      tokensLeft -= length
      if (tokensLeft === 0 || pieces.length === slots) return pieces
    }
  }
  return pieces
}

function runPieces(program: Pick<Program, 'run' | 'caches'>, pieces: readonly Piece[]): void {
  const batch = layOut(program, pieces)
  const outputs = program.run(batch)
  let first = 0
  for (const { work, index } of pieces) {
    const { texts, rows, output, take } = work.request
    const values = outputs.get(output)
    if (values === undefined) throw new OstroError('invalid-argument', `encoder: the model has no output '${output}'.`)
    const width = values.length / batch.rows.length
    const count = rows === 'all' ? texts[index].tokens.length : 1
    take(index, values.subarray(first * width, (first + count) * width))
    first += count
  }
}

/** One text after the other, each in a slot and pages of its own. */
function layOut({ caches }: Pick<Program, 'caches'>, pieces: readonly Piece[]): Batch {
  const T = pieces.reduce((sum, { work, index }) => sum + work.request.texts[index].tokens.length, 0)
  const batch = {
    tokens: new Int32Array(T),
    segments: new Int32Array(T),
    positions: new Int32Array(T),
    sequences: new Int32Array(T),
    lasts: new Int32Array(T),
  }
  const rows: number[] = []
  let start = 0
  let page = 0
  pieces.forEach(({ work: { request }, index }, slot) => {
    const { tokens, segments } = request.texts[index]
    const end = start + tokens.length
    batch.tokens.set(tokens, start)
    if (segments !== undefined) batch.segments.set(segments, start)
    batch.sequences.fill(slot, start, end)
    batch.lasts.fill(tokens.length - 1, start, end)
    for (let position = 0; position < tokens.length; position++) {
      batch.positions[start + position] = position
      if (position % pageTokens === 0) caches.setPage(0, slot, position / pageTokens, page++)
      if (position === 0 || request.rows === 'all') rows.push(start + position)
    }
    start = end
  })
  return { ...batch, rows: Int32Array.from(rows) }
}
