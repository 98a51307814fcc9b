/** Plain models: a bare JSON list of calls as the whole answer, nothing invented around it. */
import type { Dialect } from '../dialect.ts'
import { completionBreak } from '../universal-prompt.ts'
import { jsonList } from './json-calls.ts'

export const universal: Dialect = {
  name: 'universal',
  calls: { ...jsonList('', ''), trigger: '[{"name": "', afterText: false },
}

/** In a completion prompt a text ends where the next request would begin. */
export const universalCompletion: Dialect = { ...universal, text: { open: '', close: completionBreak } }
