/** GLM 4.5 and later: keys and values in tags; strings as they are. */
import type { Dialect } from '../dialect.ts'

export const glm: Dialect = {
  name: 'glm',
  calls: {
    trigger: '<tool_call>',
    afterText: true,
    open: '',
    before: '<tool_call>',
    afterName: '\n',
    arguments: {
      open: '',
      separator: '',
      close: '</tool_call>',
      keyOpen: '<arg_key>',
      keyClose: '</arg_key>\n<arg_value>',
      valueClose: '</arg_value>\n',
      strings: 'raw',
    },
    end: '',
    separator: '\n',
    close: '',
  },
  reasoning: { open: '<think>', close: '</think>' },
}
