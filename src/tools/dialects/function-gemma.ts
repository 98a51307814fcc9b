/** FunctionGemma: `call:name{key:<escape>text<escape>,n:5}` between tags. Gemma 3 itself has no notation. */
import type { Dialect } from '../dialect.ts'

export const functionGemma: Dialect = {
  name: 'function-gemma',
  calls: {
    trigger: '<start_function_call>',
    afterText: true,
    open: '',
    before: '<start_function_call>call:',
    afterName: '{',
    arguments: {
      open: '',
      separator: ',',
      close: '}',
      keyOpen: '',
      keyClose: ':',
      valueClose: '',
      strings: { quote: '<escape>' },
    },
    end: '<end_function_call>',
    separator: '',
    close: '',
  },
}
