/** Nodes of notations that stand for JSON: each can also write what is left of a JSON text in its notation. */
import type { FreeRun, State } from '../../constrain/grammar.ts'
import { bytesOf, marker, type Symbol } from './marker.ts'
import { joinBytes, type Node } from './state.ts'

/** JSON text with one character per byte, so that it may begin within a character. */
export type Json = string

export interface JsonNode extends Node {
  /** The notation of `rest`, a JSON text that is legal from here, and of what closes the turn after it. */
  readonly write: (rest: Json) => Uint8Array | undefined
}

/** `node` with a closing that follows from how the schema's automaton would close. */
export function makeNode(node: Node, state: State, write: JsonNode['write']): JsonNode {
  return {
    step: node.step,
    ...(node.stepControl === undefined ? {} : { stepControl: node.stepControl }),
    get controls() {
      return node.controls ?? []
    },
    canEnd: node.canEnd,
    freeRun: node.freeRun,
    write,
    closing: () => {
      const rest = state.closing()
      return rest === undefined ? undefined : write(String.fromCharCode(...rest))
    },
  }
}

/** A run of the schema's automaton in a notation that keeps more bytes to itself. `exits` hold those of the run. */
export function narrowedRun(run: FreeRun | undefined, exits: ReadonlySet<number>): FreeRun | undefined {
  return run === undefined ? undefined : { ...run, exits }
}

export function feed(state: State | undefined, json: Json): State | undefined {
  let at = state
  for (let index = 0; index < json.length && at !== undefined; index++) at = at.next(json.charCodeAt(index))
  return at
}

export function latinBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export function writeMarker(symbols: readonly Symbol[], then: () => JsonNode, rest: Json): Uint8Array | undefined {
  return joinBytes(bytesOf(symbols), then().write(rest))
}

/** A marker before a node that knows how to write JSON. */
export function marked(symbols: readonly Symbol[], then: () => JsonNode): JsonNode {
  if (symbols.length === 0) return then()
  return { ...marker(symbols, then), write: (rest: Json) => writeMarker(symbols, then, rest) }
}
