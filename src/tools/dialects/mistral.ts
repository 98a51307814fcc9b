/** Mistral: a JSON list behind `[TOOL_CALLS]`, or since late 2025 each call as `[TOOL_CALLS]name[ARGS]{…}`. */
import type { Dialect } from '../dialect.ts'
import { jsonList } from './json-calls.ts'

export const mistral: Dialect = {
  name: 'mistral',
  calls: { ...jsonList('[TOOL_CALLS]', ''), trigger: '[TOOL_CALLS]', afterText: true },
}

export const mistralArgs: Dialect = {
  name: 'mistral-args',
  calls: {
    trigger: '[TOOL_CALLS]',
    afterText: true,
    open: '',
    before: '[TOOL_CALLS]',
    afterName: '[ARGS]',
    arguments: 'json',
    end: '',
    separator: '',
    close: '',
  },
  reasoning: { open: '[THINK]', close: '[/THINK]' },
}
