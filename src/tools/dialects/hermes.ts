/** Hermes 2 and 3, Qwen 2.5 and 3, and the many models that learned from them: JSON between `<tool_call>` tags. */
import type { Dialect } from '../dialect.ts'

export const hermes: Dialect = {
  name: 'hermes',
  calls: {
    trigger: '<tool_call>',
    afterText: true,
    open: '',
    before: '<tool_call>\n{"name": "',
    afterName: '", "arguments": ',
    arguments: 'json',
    end: '}\n</tool_call>',
    separator: '\n',
    close: '',
  },
  reasoning: { open: '<think>', close: '</think>' },
}
