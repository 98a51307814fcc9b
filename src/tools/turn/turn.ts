/** A whole turn of an assistant in a dialect: thinking, then text or calls, as the tool choice wants it. */
import type { State } from '../../constrain/grammar.ts'
import type { Dialect } from '../dialect.ts'
import { attempt, attemptCall, beginningWithout, freeText, leadingSpace } from './free-text.ts'
import { jsonArguments } from './json-arguments.ts'
import { marker, paths, type Path, symbolsOf } from './marker.ts'
import { memberArguments } from './member-arguments.ts'
import { nameChoice } from './names.ts'
import { arrive, finished, lazily, type Node, readMarker, readText, readNothingYet, type TurnGrammar } from './state.ts'

export interface CallableTool {
  readonly name: string
  /** The language of its arguments as JSON; asked for when the name is written. */
  readonly arguments: () => State
  /** Its language is not that of its parameters alone. */
  readonly ownGrammar?: boolean
}

export interface TurnRequest {
  readonly tools: readonly CallableTool[]
  /**
   * `auto`: text, calls, or text and then calls; `required`: at least one call; `none`: text, and no call's start in it; `free`:
   * text of which nothing is watched.
   */
  readonly mode: 'auto' | 'required' | 'none' | 'free'
  /** With `none`: the model might have called and did not, so its text does not even begin as calls do. Default false. */
  readonly decidedAgainstCalls?: boolean
  /** Whether a call may follow a call. */
  readonly parallel: boolean
  /**
   * The grammar of one call alone, so that whoever asks for it decides whether another one follows: the `first` one without what closes a
   * list of calls, or a `further` one behind the separator. Needs `required` and a notation with a separator. Default: the whole turn.
   */
  readonly oneCall?: 'first' | 'further' | undefined
  /** Whether the turn begins within thinking, or may begin with it. */
  readonly thinking: 'inside' | 'possible' | 'off'
  /** Texts of the model's control tokens. */
  readonly controls: readonly string[]
  /** The language of a text. Default: any. */
  readonly content?: State | undefined
}

/** Thinking before a call that is asked for; then its end is forced. */
const mostThinkingBytes = 8192
const mostLeadingSpace = 2

export function turnGrammar(dialect: Dialect, request: TurnRequest): TurnGrammar {
  const answer = lazily(() => answerNode(dialect, request))
  return { start: arrive(beforeAnswer(dialect, request, answer), readNothingYet) }
}

function beforeAnswer({ reasoning }: Dialect, request: TurnRequest, answer: () => Node): Node {
  if (reasoning === undefined || request.thinking === 'off') return answer()
  const forced = request.mode === 'required' || request.content !== undefined
  const thinking = lazily(() =>
    freeText({
      part: 'reasoning',
      exits: [{ symbols: symbolsOf(reasoning.close, request.controls), then: () => leadingSpace(answer(), 2) }],
      canEnd: !forced,
      maxBytes: forced ? mostThinkingBytes : undefined,
    }),
  )
  if (request.thinking === 'inside') return thinking()
  return attempt({ symbols: symbolsOf(reasoning.open, request.controls), then: thinking }, answer())
}

function answerNode(dialect: Dialect, request: TurnRequest): Node {
  const { calls, text } = dialect
  const { mode, controls } = request
  const list = callList(dialect, request.tools, request, undefined)
  const trigger = symbolsOf(calls.trigger, controls)
  const opener = symbolsOf(calls.open + calls.before, controls)
  const afterTrigger = lazily(() => marker(opener.slice(trigger.length), list))
  if (request.oneCall === 'further') return marker(symbolsOf((calls.separator ?? '') + calls.before, controls), list)
  if (mode === 'required') return leadingSpace(marker(opener, list), mostLeadingSpace)

  const called = mode === 'auto' && request.tools.length > 0 ? afterTrigger : undefined
  const textBody = lazily(() => {
    if (request.content !== undefined) return textOf(request.content)
    const body = freeText({
      part: 'text',
      exits: [
        ...(calls.afterText && mode !== 'free' ? [{ symbols: trigger, then: called }] : []),
        ...(text === undefined || text.close === ''
          ? []
          : [{ symbols: symbolsOf(text.close, controls), then: () => finished }]),
      ],
      canEnd: true,
    })
    // Where a line's end ends the text, one before it would leave nothing.
    return text?.close === '\n' ? beginningWithout(0x0a, body) : body
  })
  if (text?.recipient !== undefined) {
    const tools = called === undefined ? [] : request.tools
    return callList(dialect, tools, request, { name: text.recipient, then: textBody })()
  }
  if (text !== undefined && text.open !== '') {
    const choices: Path[] = [{ symbols: symbolsOf(text.open, controls), then: textBody }]
    if (called !== undefined) choices.push({ symbols: trigger, then: called })
    return paths(choices)
  }
  // Calls that begin like a text, and texts of a form, which end where they please.
  const watched = mode !== 'free' && request.tools.length > 0 && (request.content !== undefined || !calls.afterText)
  if (!watched) return textBody()
  const [first] = opener
  if (request.decidedAgainstCalls === true && request.content === undefined && typeof first === 'number') {
    return beginningWithout(first, textBody())
  }
  const node = attemptCall(marker(opener, list), textBody(), called !== undefined)
  return calls.afterText || called === undefined ? node : { ...node, atChoice: true }
}

/** What follows `open + before`: a name, its arguments, and then another call or the end; or the name of `other`. */
function callList(
  { calls }: Dialect,
  tools: readonly CallableTool[],
  { parallel, oneCall, controls }: TurnRequest,
  other: { readonly name: string; readonly then: () => Node } | undefined,
): () => Node {
  const byName = new Map(tools.map((tool) => [tool.name, tool]))
  const symbols = (text: string) => symbolsOf(text, controls)
  const afterName = symbols(calls.afterName + (calls.arguments === 'json' ? '' : calls.arguments.open))
  const end = symbols(calls.end)
  const close = symbols(calls.close)
  const list: () => Node = lazily(() =>
    nameChoice(
      [...byName.keys(), ...(other === undefined ? [] : [other.name])],
      afterName,
      (name) => (name === other?.name ? other.then() : argumentsOf(byName.get(name) as CallableTool)),
      (name) => (name === other?.name ? readMarker : { part: 'marker', held: 0, begins: name }),
    ),
  )
  const afterCall = lazily(() => {
    if (oneCall !== undefined) return finished
    const closed: Path = { symbols: close, then: () => finished, closes: true }
    if (!parallel || calls.separator === undefined) return paths([closed])
    return paths([{ symbols: symbols(calls.separator + calls.before), then: list }, closed])
  })
  const made = new Map<string, Node>()
  const argumentsOf = (tool: CallableTool): Node => {
    const known = made.get(tool.name)
    if (known !== undefined) return known
    const then = lazily(() => marker(end, afterCall))
    const node =
      calls.arguments === 'json'
        ? jsonArguments(tool.arguments(), then)
        : memberArguments(calls.arguments, tool.arguments(), controls, then)
    made.set(tool.name, node)
    return node
  }
  return list
}

/** A text of a given language. */
function textOf(start: State): Node {
  const nodes = new WeakMap<State, Node>()
  const nodeOf = (state: State): Node => {
    let node = nodes.get(state)
    if (node === undefined) {
      node = {
        step: (byte) => {
          const next = state.next(byte)
          return next === undefined ? undefined : arrive(nodeOf(next), readText)
        },
        canEnd: state.canEnd,
        closing: () => state.closing(),
        runsOf: state,
      }
      nodes.set(state, node)
    }
    return node
  }
  return nodeOf(start)
}
