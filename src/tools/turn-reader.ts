/**
 * Tells what a model writes as events while it writes it: follows the turn's automaton and sorts the bytes by what its states
 * say. Cuts nothing out of text afterwards, so a stream and its whole are the same.
 */
import type { ChatEvent, ReasoningDeltaEvent, TextDeltaEvent, ToolCallDeltaEvent } from './chat-model.ts'
import type { TurnState } from './turn/state.ts'

export interface TurnReaderOptions {
  readonly start: TurnState
  /** The id of a call; never empty, different for each. */
  readonly idOf: (index: number) => string
  /** Most calls of a turn; with the last one the turn is over. Default 128. */
  readonly mostCalls?: number | undefined
  /** Leaves out spaces and line ends before the first text. Default true. */
  readonly trimStart?: boolean | undefined
}

export interface TurnReader {
  /** Takes a token of text as its bytes, or a control token as its text. Illegal ones end what can be told. */
  readonly push: (token: Uint8Array | string, passed?: readonly TurnState[]) => ChatEvent[]
  /** What is still held back when generation ends. */
  readonly flush: () => ChatEvent[]
  readonly state: TurnState
  /** Calls that are complete. */
  readonly calls: number
  /** Whether generation should end although the grammar goes on: too many calls, or one that was there before. */
  readonly over: boolean
}

interface OpenCall {
  readonly name: string
  json: string
  /** Whether its start and what of `json` was told. */
  told: number | undefined
}

export function createTurnReader({ start, idOf, mostCalls = 128, trimStart = true }: TurnReaderOptions): TurnReader {
  let state = start
  let pending: number[] = []
  let call: OpenCall | undefined
  const done: string[] = []
  let over = false
  let textBegan = false
  const decoders = { text: new TextDecoder(), reasoning: new TextDecoder(), arguments: new TextDecoder() }

  const deltas = (part: 'text' | 'reasoning', bytes: readonly number[], last = false): ChatEvent[] => {
    let text = decoders[part].decode(Uint8Array.from(bytes), { stream: !last })
    if (part === 'text' && trimStart && !textBegan) text = text.trimStart()
    if (text === '') return []
    if (part === 'text') textBegan = true
    return [{ type: `${part}-delta`, text } satisfies TextDeltaEvent | ReasoningDeltaEvent]
  }

  /** Arguments that repeat an earlier call's are held back until they differ. */
  const tellCall = (open: OpenCall, complete: boolean): ChatEvent[] => {
    const written = `${open.name}\n${open.json}`
    const index = done.length
    if (complete && done.includes(written)) {
      over = true
      return []
    }
    if (!complete && done.some((earlier) => earlier.startsWith(written))) return []
    const events: ChatEvent[] = []
    const id = idOf(index)
    if (open.told === undefined) events.push({ type: 'tool-call-start', index, id, name: open.name })
    const fresh = open.json.slice(open.told ?? 0)
    open.told = open.json.length
    if (fresh !== '') {
      events.push({ type: 'tool-call-delta', index, arguments: fresh } satisfies ToolCallDeltaEvent)
    }
    if (complete) {
      done.push(written)
      events.push({ type: 'tool-call', index, id, name: open.name, arguments: open.json })
      if (done.length >= mostCalls) over = true
    }
    return events
  }

  const settle = (next: TurnState): ChatEvent[] => {
    const { part, held, dropped = 0, json, begins, completes = false } = next.read
    state = next
    const events: ChatEvent[] = []
    const settled = pending.splice(0, Math.max(0, pending.length - held))
    if (begins !== undefined) call = { name: begins, json: '', told: undefined }
    if (part === 'arguments' && call !== undefined) {
      const own = decoders.arguments.decode(Uint8Array.from(settled.slice(0, settled.length - dropped)), {
        stream: true,
      })
      call.json += json === undefined ? own : json(own)
      events.push(...tellCall(call, completes))
      if (completes) call = undefined
    } else if (part === 'text' || part === 'reasoning') {
      events.push(...deltas(part, settled.slice(0, settled.length - dropped)))
    } else if (begins !== undefined && call !== undefined) {
      events.push(...tellCall(call, false))
    }
    return events
  }

  return {
    push: (token, passed) => {
      const events: ChatEvent[] = []
      if (typeof token === 'string') {
        // A control token ends what may have been the start of a marker in bytes.
        const { part, held } = state.read
        if ((part === 'text' || part === 'reasoning') && held !== Infinity)
          events.push(...deltas(part, pending.splice(0)))
        const next = passed?.at(-1) ?? state.nextControl(token)
        if (next !== undefined) events.push(...settle(next))
        return joinDeltas(events)
      }
      token.forEach((byte, index) => {
        const next = passed?.[index] ?? state.next(byte)
        if (next === undefined || over) return
        pending.push(byte)
        events.push(...settle(next))
      })
      return joinDeltas(events)
    },
    flush: () => {
      const { part } = state.read
      const events: ChatEvent[] = []
      if (part === 'text' || part === 'reasoning') events.push(...deltas(part, pending, true))
      pending = []
      return events
    },
    get state() {
      return state
    },
    get calls() {
      return done.length
    },
    get over() {
      return over
    },
  }
}

/** Pieces of one kind that came with one token are one event. */
function joinDeltas(events: readonly ChatEvent[]): ChatEvent[] {
  const joined: ChatEvent[] = []
  for (const event of events) {
    const last = joined.at(-1)
    if (event.type === 'text-delta' && last?.type === 'text-delta') {
      joined[joined.length - 1] = { type: 'text-delta', text: last.text + event.text }
    } else if (event.type === 'reasoning-delta' && last?.type === 'reasoning-delta') {
      joined[joined.length - 1] = { type: 'reasoning-delta', text: last.text + event.text }
    } else if (event.type === 'tool-call-delta' && last?.type === 'tool-call-delta' && last.index === event.index) {
      joined[joined.length - 1] = { ...last, arguments: last.arguments + event.arguments }
    } else joined.push(event)
  }
  return joined
}
