/** Qwen3-Coder and later Qwen: every argument in a tag of its own, strings as they are. */
import type { Dialect } from '../dialect.ts'

export const qwenCoder: Dialect = {
  name: 'qwen-coder',
  calls: {
    trigger: '<tool_call>',
    afterText: true,
    open: '',
    before: '<tool_call>\n<function=',
    afterName: '>\n',
    arguments: {
      open: '',
      separator: '',
      close: '</function>',
      keyOpen: '<parameter=',
      keyClose: '>\n',
      valueClose: '\n</parameter>\n',
      strings: 'raw',
    },
    end: '\n</tool_call>',
    separator: '\n',
    close: '',
  },
  reasoning: { open: '<think>', close: '</think>' },
}
