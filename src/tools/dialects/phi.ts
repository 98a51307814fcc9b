/** Phi-4-mini: a JSON list between `<|tool_call|>` tokens. Phi-4 and Phi-3 have no notation. */
import type { Dialect } from '../dialect.ts'
import { jsonList } from './json-calls.ts'

export const phi: Dialect = {
  name: 'phi',
  calls: { ...jsonList('<|tool_call|>', '<|/tool_call|>'), trigger: '<|tool_call|>', afterText: true },
}
