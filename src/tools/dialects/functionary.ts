/** Functionary v3.1 (`<function=name>{…}</function>`) and v3.2 (`>>>name` and JSON; text is addressed to `all`). */
import type { Dialect } from '../dialect.ts'

export const functionary31: Dialect = {
  name: 'functionary-3.1',
  calls: {
    trigger: '<function=',
    afterText: true,
    open: '',
    before: '<function=',
    afterName: '>',
    arguments: 'json',
    end: '</function>',
    separator: '',
    close: '',
  },
}

/** The prompt ends with the first `>>>`. */
export const functionary32: Dialect = {
  name: 'functionary-3.2',
  calls: {
    trigger: '\n>>>',
    afterText: true,
    open: '',
    before: '',
    afterName: '\n',
    arguments: 'json',
    end: '',
    separator: '\n>>>',
    close: '',
  },
  text: { open: '', recipient: 'all', close: '' },
}
