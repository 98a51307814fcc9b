/**
 * Continuous batching with chunked prefill: many sequences, one program. Each round takes the steps of all who wait for one token,
 * fills what is left of the chunk with pieces of prompts, runs the program once and hands every caller its rows.
 *
 * Callers answer within the event loop's turn that follows a run, so a round begins one turn later and finds them all.
 */
import type { TapRecord, Watch, Watcher } from '../models/taps/index.ts'
import type { Batch, Program } from '../tensor/device.ts'
import { breathe } from '../util/breathe.ts'
import { OstroError } from '../util/error.ts'

/** A sequence as rounds see it. */
export interface Lane {
  /** Slot of the device. */
  readonly slot: number
  /** Lanes of greater age came later and give way first. */
  readonly age: number
  /** All tokens of the sequence. */
  readonly tokens: number[]
  /** How many of them the device holds; the others gave way to older lanes and are run again. */
  heldTokens: number
}

/** Who decides about pages. */
export interface LaneRoom {
  /**
   * Makes room for `length` tokens, if need be by what younger lanes hold, but for those that `run` now. False where the lane has
   * to wait for others to end.
   * @throws OstroError `out-of-memory` where waiting can't help
   */
  readonly reserve: (lane: Lane, length: number, run: ReadonlySet<Lane>) => boolean
  /** What the device holds of the lane is unknown: it holds nothing any more. */
  readonly forget: (lane: Lane) => void
}

export interface RunRequest {
  readonly lane: Lane
  /** At least one. */
  readonly tokens: readonly number[]
  /** Of which tokens the output is wanted. */
  readonly rows: 'none' | 'last' | 'all'
  /** Name of the output. */
  readonly output: string
  /** Looks at the runs of these tokens. */
  readonly watch?: Watcher | undefined
  readonly signal?: AbortSignal | undefined
}

export interface RunResult {
  /** How many of the tokens were appended, at least one. */
  readonly readTokens: number
  /**
   * [rows, width] of what was appended: all for `all`, the last token's for `last` if it is among them. A view that the next round
   * overwrites: valid until the event loop turns.
   */
  readonly rows: Float32Array | undefined
  /** What `watch` saw of what was appended. */
  readonly seen: readonly TapRecord[]
}

export interface Scheduler {
  /**
   * Appends as many of the tokens as a round has room for.
   * @throws OstroError `aborted` when the signal fires before; what the device throws for this sequence
   */
  readonly run: (request: RunRequest) => Promise<RunResult>
  /** Looks again whether lanes that wait for pages can go on. */
  readonly wake: () => void
}

export interface SchedulerOptions {
  /** Most tokens in one run of the program. */
  readonly chunkTokens: number
  /** Most rows of outputs in one run. */
  readonly maxRows: number
}

/** Runs up to this length count as steps, which every round takes first: one token, or one and those that a grammar forces. */
const mostStepTokens = 16

interface Entry {
  readonly request: RunRequest
  readonly resolve: (result: RunResult) => void
  readonly reject: (error: unknown) => void
}

/** What a round does for one entry: the next tokens of its lane. */
interface Piece {
  readonly entry: Entry
  /** Position of the first token. */
  readonly start: number
  readonly count: number
  /** Rows of output, of the last tokens of the piece. */
  readonly rows: number
}

interface PieceResult extends Omit<Piece, 'rows'> {
  readonly rows: Float32Array | undefined
  readonly seen: readonly TapRecord[]
}

export function createScheduler(program: Pick<Program, 'run'>, room: LaneRoom, options: SchedulerOptions): Scheduler {
  /** In the order in which they came; who got a piece and wants more goes to the end. */
  const waiting: Entry[] = []
  let awake = false

  const wake = (): void => {
    if (awake || waiting.length === 0) return
    awake = true
    void breathe().then(() => {
      awake = false
      if (runRound()) wake()
    })
  }
  const settle = (entry: Entry): void => {
    const at = waiting.indexOf(entry)
    if (at >= 0) waiting.splice(at, 1)
  }
  const fail = (entry: Entry, error: unknown): void => {
    settle(entry)
    entry.reject(error)
  }

  /** Answers whether anything moved. */
  const runRound = (): boolean => {
    const before = waiting.length
    const pieces = cutPieces(waiting, options, room, fail)
    if (pieces.length === 0) return waiting.length < before
    try {
      finish(runPieces(program, pieces))
    } catch (error) {
      if (pieces.length === 1) giveUp(pieces[0], error)
      else for (const piece of pieces) runAlone(piece)
    }
    return true
  }
  /** Whose fault it was shows when each runs alone; tokens are written where they were before, so nothing is lost by it. */
  const runAlone = (piece: Piece): void => {
    try {
      // The next one overwrites the rows before anybody reads them.
      finish(runPieces(program, [piece]).map(({ rows, ...others }) => ({ ...others, rows: rows?.slice() })))
    } catch (error) {
      giveUp(piece, error)
    }
  }
  const giveUp = ({ entry }: Piece, error: unknown): void => {
    room.forget(entry.request.lane)
    fail(entry, error)
  }
  const finish = (results: readonly PieceResult[]): void => {
    for (const { entry, start, count, rows, seen } of results) {
      const { lane, tokens } = entry.request
      const readTokens = start + count - lane.tokens.length
      lane.heldTokens = start + count
      settle(entry)
      if (readTokens <= 0) {
        waiting.push(entry)
        continue
      }
      for (let index = 0; index < readTokens; index++) lane.tokens.push(tokens[index])
      entry.resolve({ readTokens, rows, seen })
    }
  }

  return {
    wake,
    run: (request) =>
      new Promise((resolve, reject) => {
        const { signal } = request
        const aborted = (): void =>
          fail(entry, new OstroError('aborted', 'scheduler: the signal fired before the tokens ran.'))
        const entry: Entry = {
          request,
          resolve: (result) => {
            signal?.removeEventListener('abort', aborted)
            resolve(result)
          },
          reject: (error) => {
            signal?.removeEventListener('abort', aborted)
            reject(error)
          },
        }
        if (signal?.aborted) return aborted()
        signal?.addEventListener('abort', aborted, { once: true })
        waiting.push(entry)
        wake()
      }),
  }
}

/** Steps first, then prompts in their order, until the chunk is full. */
function cutPieces(
  waiting: readonly Entry[],
  { chunkTokens, maxRows }: SchedulerOptions,
  room: LaneRoom,
  fail: (entry: Entry, error: unknown) => void,
): Piece[] {
  const pieces: Piece[] = []
  const lanes = new Set<Lane>()
  let tokensLeft = chunkTokens
  let rowsLeft = maxRows
  const add = (entry: Entry): void => {
    const piece = cutPiece(entry, tokensLeft, rowsLeft)
    if (piece === undefined) return
    const { lane } = entry.request
    try {
      if (!room.reserve(lane, piece.start + piece.count, lanes)) return
    } catch (error) {
      return fail(entry, error)
    }
    pieces.push(piece)
    lanes.add(lane)
    tokensLeft -= piece.count
    rowsLeft -= piece.rows
  }
  const steps = waiting.filter((entry) => unreadTokens(entry) <= mostStepTokens)
  const prompts = waiting.filter((entry) => unreadTokens(entry) > mostStepTokens)
  for (const entry of [...steps, ...prompts]) if (tokensLeft > 0) add(entry)
  return pieces
}

function unreadTokens({ request: { lane, tokens } }: Entry): number {
  return lane.tokens.length - lane.heldTokens + tokens.length
}

function cutPiece(entry: Entry, tokensLeft: number, rowsLeft: number): Piece | undefined {
  const { lane, tokens, rows } = entry.request
  const start = lane.heldTokens
  const lost = lane.tokens.length - start
  const whole = lost + tokens.length
  let count = Math.min(whole, tokensLeft)
  if (rows === 'all') count = Math.min(count, lost + rowsLeft)
  else if (rows === 'last' && count === whole && rowsLeft === 0) count--
  if (count === 0) return undefined
  if (rows === 'all') return { entry, start, count, rows: Math.max(0, count - lost) }
  return { entry, start, count, rows: rows === 'last' && count === whole ? 1 : 0 }
}

/** Runs the pieces and finds each one's rows; changes nothing but the device. */
function runPieces(program: Pick<Program, 'run'>, pieces: readonly Piece[]): PieceResult[] {
  const batch = batchOf(pieces)
  const watches = watchPieces(pieces)
  const taps = watches.flatMap((watch) => watch?.taps ?? [])
  const outputs = program.run(batch, taps)
  let first = 0
  return pieces.map(({ entry, start, count, rows }, index) => {
    const seen = watches[index]?.records() ?? []
    if (rows === 0) return { entry, start, count, rows: undefined, seen }
    const values = outputs.get(entry.request.output)
    if (values === undefined) {
      throw new OstroError('invalid-argument', `scheduler: the program has no output '${entry.request.output}'.`)
    }
    const width = values.length / batch.rows.length
    const view = values.subarray(first * width, (first + rows) * width)
    first += rows
    return { entry, start, count, rows: view, seen }
  })
}

/** Looks at what is new of each piece whose caller asks for it, not at tokens that are run again. */
function watchPieces(pieces: readonly Piece[]): readonly (Watch | undefined)[] {
  let tokens = 0
  let rows = 0
  return pieces.map(({ entry: { request }, start, count, rows: ownRows }) => {
    const [firstToken, firstRow] = [tokens, rows]
    tokens += count
    rows += ownRows
    const { lane, watch } = request
    const again = Math.max(0, lane.tokens.length - start)
    if (watch === undefined || again >= count) return undefined
    return watch({
      sequence: lane.slot,
      firstToken: firstToken + again,
      position: start + again,
      tokens: count - again,
      firstRow,
      rows: ownRows,
    })
  })
}

function batchOf(pieces: readonly Piece[]): Batch {
  const T = pieces.reduce((sum, { count }) => sum + count, 0)
  const R = pieces.reduce((sum, { rows }) => sum + rows, 0)
  const batch = {
    tokens: new Int32Array(T),
    positions: new Int32Array(T),
    sequences: new Int32Array(T),
    rows: new Int32Array(R),
  }
  let token = 0
  let row = 0
  for (const { entry, start, count, rows } of pieces) {
    const { lane, tokens } = entry.request
    for (let position = start; position < start + count; position++, token++) {
      const lost = lane.tokens.length - position
      batch.tokens[token] = lost > 0 ? lane.tokens[position] : tokens[-lost]
      batch.positions[token] = position
      batch.sequences[token] = lane.slot
    }
    for (let index = token - rows; index < token; index++) batch.rows[row++] = index
  }
  return batch
}
