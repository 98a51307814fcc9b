/**
 * Plain models: a bare list of calls as Python writes them, but for JSON's `true`, which they know from more places. Nothing is
 * invented around it. Measured against a JSON list on models that know neither: docs/experiments.md.
 */
import type { Dialect } from '../dialect.ts'
import { llamaPythonic } from './llama.ts'

const { arguments: members, ...list } = llamaPythonic.calls

export const universal: Dialect = {
  name: 'universal',
  calls: { ...list, arguments: members === 'json' ? members : { ...members, words: 'json' } },
}

/** In a completion prompt a text ends where the next question would begin. */
export const universalCompletion: Dialect = { ...universal, text: { open: '', close: '\n' } }

/** The same without brackets, for where a call is certain: small models then write better arguments. A line is an answer. */
export const universalCall: Dialect = { ...universalCompletion, calls: { ...universal.calls, open: '', close: '\n' } }
