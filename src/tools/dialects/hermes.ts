/** Hermes 2 and 3, Qwen 2.5 and 3, Granite 4, and the many that learned from them: JSON between `<tool_call>` tags. */
import type { Dialect } from '../dialect.ts'
import { jsonCall } from './json-calls.ts'

export const hermes: Dialect = {
  name: 'hermes',
  calls: {
    ...jsonCall(),
    trigger: '<tool_call>',
    afterText: true,
    open: '',
    before: '<tool_call>\n{"name": "',
    end: '}\n</tool_call>',
    separator: '\n',
    close: '',
  },
  reasoning: { open: '<think>', close: '</think>' },
}
