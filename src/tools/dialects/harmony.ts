/** gpt-oss: channels. Thinking is `analysis`, calls are addressed in `commentary`, the answer is `final`. One call a turn. */
import type { Dialect } from '../dialect.ts'

const callOpen = '<|channel|>commentary to=functions.'

export const harmony: Dialect = {
  name: 'harmony',
  calls: {
    trigger: callOpen,
    afterText: false,
    open: '',
    before: callOpen,
    afterName: ' <|constrain|>json<|message|>',
    arguments: 'json',
    end: '',
    separator: undefined,
    close: '',
  },
  reasoning: { open: '<|channel|>analysis<|message|>', close: '<|end|><|start|>assistant' },
  text: { open: '<|channel|>final<|message|>', close: '' },
}
