/**
 * Plain models: a bare list of calls as Python writes them, nothing invented around it. Measured against a JSON list on models
 * that know neither: docs/experiments.md.
 */
import type { Dialect } from '../dialect.ts'
import { llamaPythonic } from './llama.ts'

export const universal: Dialect = { name: 'universal', calls: llamaPythonic.calls }

/** In a completion prompt a text ends where the next question would begin. */
export const universalCompletion: Dialect = { ...universal, text: { open: '', close: '\n' } }
