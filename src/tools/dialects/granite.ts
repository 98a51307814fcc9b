/** Granite 3: a JSON list behind `<|tool_call|>`. Granite 4 writes as Hermes does. */
import type { Dialect } from '../dialect.ts'
import { jsonList } from './json-calls.ts'

export const granite: Dialect = {
  name: 'granite',
  calls: { ...jsonList('<|tool_call|>', ''), trigger: '<|tool_call|>', afterText: true },
}
