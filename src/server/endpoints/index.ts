/** The route table: one line per endpoint. */
import type { Endpoint } from '../endpoint.ts'
import { chatCompletions } from './chat-completions.ts'
import { health } from './health.ts'
import { countMessageTokens, createMessage } from './messages.ts'
import { metrics } from './metrics.ts'
import { listModels, showModel } from './models.ts'
import { createResponse, deleteResponse, retrieveResponse } from './responses.ts'
import { detokenize, tokenize } from './tokenize.ts'

export const endpoints: readonly Endpoint[] = [
  chatCompletions,
  createResponse,
  retrieveResponse,
  deleteResponse,
  createMessage,
  countMessageTokens,
  listModels,
  showModel,
  tokenize,
  detokenize,
  metrics,
  health,
]
