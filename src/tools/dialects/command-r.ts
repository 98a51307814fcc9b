/** Command R (a fenced list behind `Action:`) and Command R7B and A (tokens of their own, thinking before). */
import type { Dialect } from '../dialect.ts'
import { jsonList } from './json-calls.ts'

const keys = { name: 'tool_name', arguments: 'parameters' }

export const commandR: Dialect = {
  name: 'command-r',
  calls: { ...jsonList('Action: ```json\n', '\n```', keys), trigger: 'Action: ```json\n', afterText: true },
}

export const commandR7b: Dialect = {
  name: 'command-r7b',
  calls: {
    ...jsonList('<|START_ACTION|>', '<|END_ACTION|>', keys),
    trigger: '<|START_ACTION|>',
    afterText: false,
  },
  reasoning: { open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
  text: { open: '<|START_RESPONSE|>', close: '<|END_RESPONSE|>' },
}
