/** The route table: one line per endpoint; tasks and agents have theirs from `stepEndpoints`. */
import type { Endpoint } from '../endpoint.ts'
import { applyTemplate } from './apply-template.ts'
import { chatCompletions } from './chat-completions.ts'
import { completions } from './completions.ts'
import { embeddings } from './embeddings.ts'
import { health } from './health.ts'
import { countMessageTokens, createMessage } from './messages.ts'
import { metrics } from './metrics.ts'
import { listModels, showModel } from './models.ts'
import { ollamaChat } from './ollama-chat.ts'
import { ollamaEmbed, ollamaEmbedOne } from './ollama-embed.ts'
import { ollamaGenerate } from './ollama-generate.ts'
import { ollamaPull, ollamaRefusals } from './ollama-manage.ts'
import { ollamaPs, ollamaShow, ollamaTags, ollamaVersion } from './ollama-models.ts'
import { openapi } from './openapi.ts'
import { countInputTokens, listInputItems } from './response-input.ts'
import { rerank } from './rerank.ts'
import { createResponse, deleteResponse, retrieveResponse } from './responses.ts'
import { props, version } from './server-facts.ts'
import { detokenize, tokenize } from './tokenize.ts'

export const endpoints: readonly Endpoint[] = [
  chatCompletions,
  completions,
  embeddings,
  rerank,
  createResponse,
  countInputTokens,
  listInputItems,
  retrieveResponse,
  deleteResponse,
  createMessage,
  countMessageTokens,
  ollamaChat,
  ollamaGenerate,
  ollamaEmbed,
  ollamaEmbedOne,
  ollamaTags,
  ollamaShow,
  ollamaPs,
  ollamaVersion,
  ollamaPull,
  ...ollamaRefusals,
  listModels,
  showModel,
  tokenize,
  detokenize,
  applyTemplate,
  props,
  version,
  metrics,
  health,
  openapi,
]
