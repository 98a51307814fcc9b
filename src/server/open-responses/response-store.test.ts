import { describe, expect, it } from 'vitest'
import { createResponseStore } from './response-store.ts'
import type { ResponseObject } from './response-body.ts'

function stored(id: string, text = '') {
  const message = { type: 'message', id: `msg_${id}`, status: 'completed', role: 'assistant', content: [] } as const
  const response = { id, output: [message], instructions: text } as unknown as ResponseObject
  return { response, conversation: [] }
}

describe('the store of responses', () => {
  it('lets the oldest go where there are too many', () => {
    const store = createResponseStore({ responses: 2, characters: 1e6 })
    for (const id of ['a', 'b', 'c']) store.keep('ann', stored(id))
    expect(() => store.get('ann', 'a', 'response_id')).toThrow(/made way/)
    expect(store.get('ann', 'b', 'response_id').response.id).toBe('b')
    expect(store.get('ann', 'c', 'response_id').response.id).toBe('c')
  })

  it('lets as many go as are too large together', () => {
    const store = createResponseStore({ responses: 100, characters: 3000 })
    for (const id of ['a', 'b', 'c']) store.keep('ann', stored(id, 'x'.repeat(1000)))
    store.keep('ann', stored('d', 'x'.repeat(2000)))
    for (const id of ['a', 'b', 'c']) expect(() => store.get('ann', id, 'response_id')).toThrow()
    expect(store.get('ann', 'd', 'response_id').response.id).toBe('d')
  })

  it('counts anew what was removed', () => {
    const store = createResponseStore({ responses: 100, characters: 3000 })
    for (let round = 0; round < 10; round++) {
      store.keep('ann', stored('same', 'x'.repeat(2000)))
      store.remove('ann', 'same')
    }
    store.keep('ann', stored('a', 'x'.repeat(2000)))
    expect(store.get('ann', 'a', 'response_id').response.id).toBe('a')
  })

  it('counts a response that is kept again once', () => {
    const store = createResponseStore({ responses: 100, characters: 3000 })
    for (let round = 0; round < 3; round++) store.keep('ann', stored('same', 'x'.repeat(2000)))
    expect(store.get('ann', 'same', 'response_id').response.id).toBe('same')
  })

  it('keeps callers apart', () => {
    const store = createResponseStore()
    store.keep('ann', stored('a'))
    expect(() => store.get('ben', 'a', 'response_id')).toThrow()
    expect(() => store.item('ben', 'msg_a')).toThrow()
    store.remove('ben', 'a')
    expect(store.item('ann', 'msg_a').id).toBe('msg_a')
  })
})
