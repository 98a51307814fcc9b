/** Llama 3.1 and later: a bare JSON object, or calls in Python's notation. Both begin an answer, since a brace may be text. */
import type { Dialect } from '../dialect.ts'
import { jsonCall } from './json-calls.ts'

export const llamaJson: Dialect = {
  name: 'llama-json',
  calls: {
    ...jsonCall({ arguments: 'parameters' }),
    trigger: '{"name": "',
    afterText: false,
    open: '',
    // Trained on one call a turn; vLLM and others read several behind semicolons.
    separator: '; ',
    close: '',
  },
}

export const llamaPythonic: Dialect = {
  name: 'llama-pythonic',
  calls: {
    trigger: '[',
    afterText: false,
    open: '[',
    before: '',
    afterName: '(',
    arguments: {
      open: '',
      separator: ', ',
      close: ')',
      keyOpen: '',
      keyClose: '=',
      valueClose: '',
      strings: 'python',
    },
    end: '',
    separator: ', ',
    close: ']',
  },
}
