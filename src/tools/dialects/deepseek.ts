/** DeepSeek V3 and R1 (JSON in a fence), and V3.1 (bare JSON), between tokens of their own. */
import type { Dialect } from '../dialect.ts'

const reasoning = { open: '<think>', close: '</think>' }
const open = '<｜tool▁calls▁begin｜>'
const close = '<｜tool▁calls▁end｜>'

export const deepseek: Dialect = {
  name: 'deepseek',
  calls: {
    trigger: open,
    afterText: true,
    open,
    before: '<｜tool▁call▁begin｜>function<｜tool▁sep｜>',
    afterName: '\n```json\n',
    arguments: 'json',
    end: '\n```<｜tool▁call▁end｜>',
    separator: '\n',
    close,
  },
  reasoning,
}

export const deepseekBare: Dialect = {
  name: 'deepseek-bare',
  calls: {
    trigger: open,
    afterText: true,
    open,
    before: '<｜tool▁call▁begin｜>',
    afterName: '<｜tool▁sep｜>',
    arguments: 'json',
    end: '<｜tool▁call▁end｜>',
    separator: '',
    close,
  },
  reasoning,
}
