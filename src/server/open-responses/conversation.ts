/** The conversation that a request continues, and what it adds to it. */
import type { RequestContext } from '../request-context.ts'
import { type ConversationItem, conversationItems } from './input-items.ts'
import type { CreateResponse } from './request.ts'
import { responseStore } from './response-store.ts'

export interface Conversation {
  readonly items: readonly ConversationItem[]
  /** How many of them were there before the request. */
  readonly earlier: number
}

/** @throws ApiError 404 for what is not kept */
export function conversationOf(
  { server, caller: { id: caller } }: Pick<RequestContext, 'server' | 'caller'>,
  { input, previous_response_id: previous }: Pick<CreateResponse, 'input' | 'previous_response_id'>,
): Conversation {
  const store = responseStore(server)
  const before = previous ? store.get(caller, previous, 'previous_response_id').conversation : []
  const added = conversationItems(input, (id) => store.item(caller, id))
  return { items: [...before, ...added], earlier: before.length }
}
