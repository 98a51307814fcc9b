import { expect, it } from 'vitest'
import { endEvent } from '../../../test/support/scripted-model.ts'
import { endingOf } from './message-body.ts'

/** The prompt has 5 tokens. */
it.each([
  ['the room asked for, filled', 8, { maxTokens: 8, contextTokens: 100 }, 'max_tokens'],
  ['a call that did not fit into the room asked for', 0, { maxTokens: 1, contextTokens: 100 }, 'max_tokens'],
  ['a context that is full', 95, { maxTokens: 500, contextTokens: 100 }, 'model_context_window_exceeded'],
  [
    'a call that did not fit into the context',
    0,
    { maxTokens: 500, contextTokens: 100 },
    'model_context_window_exceeded',
  ],
  ['a server elsewhere that does not tell its context', 8, { maxTokens: 8, contextTokens: 0 }, 'max_tokens'],
])('%s', (_what, generatedTokens, room, stop_reason) => {
  expect(endingOf(endEvent('length', generatedTokens), room)).toEqual({ stop_reason, stop_sequence: null })
})
