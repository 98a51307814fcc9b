/** Objects of a notation, member by member. */
import type { State } from '../../constrain/grammar.ts'
import { feed, type JsonNode, latinBytes, makeNode, marked, narrowedRun, writeMarker } from './json-node.ts'
import { bytesOf, type Path, paths, type Symbol } from './marker.ts'
import type { After, MemberContext } from './member-context.ts'
import { escapeJson, exitsBefore, unescapeJson } from './raw-string.ts'
import { arrive, joinBytes, lazily, type Node, type Read } from './state.ts'

const readEnd: Read = { part: 'arguments', held: 0, json: () => '}', completes: true }
const readEmpty: Read = { part: 'arguments', held: 0, json: () => '{}', completes: true }
const readNestedEnd: Read = { part: 'arguments', held: 0, json: () => '}' }
const readSeparator: Read = { part: 'arguments', held: 0, json: () => ',"' }
const readOpening: Read = { part: 'arguments', held: 0, json: () => '{"' }
const readKeyEnd: Read = { part: 'arguments', held: 0, json: () => '":' }

/** Before a member or the end of the object. The brace of the top object is fed with its first member. */
export function members(context: MemberContext, state: State, first: boolean, after: After): JsonNode {
  const { object, symbols } = context
  const brace = first && object.top ? '{' : ''
  const keyed = feed(state, first ? `${brace}"` : ',"')
  const ended = feed(state, `${brace}}`)
  const lead = (first ? '' : object.separator) + object.keyOpen
  const readLead = !first ? readSeparator : object.top ? readOpening : { ...readSeparator, json: () => '"' }
  const readLast = !object.top ? readNestedEnd : first ? readEmpty : readEnd
  const choices: Path[] = []
  if (ended !== undefined) {
    choices.push({ symbols: symbols(object.close), then: () => after(ended), read: readLast })
  }
  if (keyed !== undefined) {
    const bare = lead === '' ? readLead : undefined
    choices.push({ symbols: symbols(lead), then: () => keyNode(context, keyed, after, bare), read: readLead })
  }
  return makeNode(paths(choices), state, (rest) => {
    const json = rest.startsWith(brace) ? rest.slice(brace.length) : rest
    if (json.startsWith('}')) {
      const last = feed(state, `${brace}}`)
      return last && joinBytes(bytesOf(symbols(object.close)), after(last).write(json.slice(1)))
    }
    const named = /^,? *"/.exec(json)?.[0]
    const next = feed(state, brace + (named ?? ''))
    if (named === undefined || next === undefined) return undefined
    return writeMarker(symbols(lead), () => keyNode(context, next, after, undefined), json.slice(named.length))
  })
}

function isPlainKeyByte(byte: number): boolean {
  return byte >= 0x80 || /[\w$.-]/.test(String.fromCharCode(byte))
}

const plainKeyBytes = Array.from({ length: 256 }, (_, byte) => byte).filter(isPlainKeyByte)

/** The same set each time, as free runs want it. */
const plainKeyExits: ReadonlySet<number> = new Set(
  Array.from({ length: 0x80 }, (_, byte) => byte).filter((byte) => !isPlainKeyByte(byte)),
)

/** Within a key, whose characters are bare. `unread` is the JSON that its first byte has yet to tell. */
function keyNode(context: MemberContext, state: State, after: After, unread: Read | undefined): JsonNode {
  const close = context.symbols(context.object.keyClose)
  const exits = context.object.keyOpen === '' ? plainKeyExits : exitsBefore(Number(close[0]))
  const lead = unread?.json?.('') ?? ''
  const readEmptyKey: Read = { part: 'arguments', held: 0, json: () => `${lead}":` }
  // A bare key has nothing but its characters to be told by, so odd ones (an escape among them) are left to names that leave no choice.
  const onlyOdd = lazily(
    () => !plainKeyBytes.some((byte) => state.next(byte) !== undefined) && feed(state, '":') === undefined,
  )
  const value = (from: State): JsonNode =>
    marked(close.slice(1), () => context.value(context, from, afterValue(context, after)))
  const take = (symbol: Symbol) => {
    const closed = symbol === close[0] ? feed(state, '":') : undefined
    if (closed !== undefined) return arrive(value(closed), unread === undefined ? readKeyEnd : readEmptyKey)
    if (typeof symbol === 'string') return undefined
    const escaped = symbol < 0x20 || symbol === 0x22 || symbol === 0x5c
    const next = escaped ? feed(state, escapeJson(String.fromCharCode(symbol))) : state.next(symbol)
    const isOdd = escaped || (context.object.keyOpen === '' && !isPlainKeyByte(symbol))
    if (next === undefined || (isOdd && !onlyOdd())) return undefined
    const read: Read = { part: 'arguments', held: 0, json: (own) => lead + (escaped ? escapeJson(own) : own) }
    return arrive(keyNode(context, next, after, undefined), read)
  }
  const node: Node = {
    step: take,
    stepControl: take,
    controls: typeof close[0] === 'string' ? [close[0]] : [],
    canEnd: false,
    closing: () => undefined,
    ...(unread === undefined ? { freeRun: narrowedRun(state.freeRun, exits) } : {}),
  }
  return makeNode(node, state, (rest) => {
    const [whole, key] = /^((?:[^"\\]|\\.)*)": */s.exec(rest) ?? []
    const closed = whole === undefined ? undefined : feed(state, whole)
    if (closed === undefined || whole === undefined) return undefined
    const written = joinBytes(latinBytes(unescapeJson(key)), bytesOf(close))
    return joinBytes(
      written,
      context.value(context, closed, afterValue(context, after)).write(rest.slice(whole.length)),
    )
  })
}

/** The value has read its own end. */
function afterValue(context: MemberContext, after: After): After {
  return (state) => members(context, state, false, after)
}
