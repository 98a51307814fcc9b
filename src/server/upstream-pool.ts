/**
 * The models of another server that speaks OpenAI's interface, with our tool layer in front: a conversation with tools or a format becomes
 * plain completions there, held to their grammar here; one without goes through as it is, and so do plain completions and embeddings.
 */
import { createEndpoint, memberOf, type RemoteOptions } from '../remote/endpoint.ts'
import { plainChat, remoteChat, remoteCompletion, remoteEmbeddings, remoteModel } from '../remote/index.ts'
import type { ChatModel, ChatOptions } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'
import { unknownModel } from './model-pool.ts'
import type { ModelEntry, ModelPool, ServedModel } from './served-model.ts'

export interface UpstreamOptions extends Pick<RemoteOptions, 'baseUrl' | 'apiKey' | 'fetch'> {
  /** Model of requests that name none. Default: the first that the server lists. */
  readonly defaultModel?: string | undefined
  /** Whose tools and formats: `own` (default) needs nothing of the server but completions; `upstream` leaves them to it. */
  readonly tools?: 'own' | 'upstream' | undefined
  /** Tokens that a prompt and its answer have together, where the server does not tell. Default 4096. */
  readonly contextTokens?: number | undefined
}

/** What servers of today have at least; tasks cut longer texts into parts by it. */
const assumedContextTokens = 4096

/** @throws OstroError `invalid-argument` for a malformed address; its methods also `network` */
export function createUpstreamPool(options: UpstreamOptions): ModelPool {
  const endpoint = createEndpoint({ ...options, model: '' })
  const list = async (): Promise<readonly ModelEntry[]> => {
    const data = memberOf(await endpoint.get('/models'), 'data')
    const listed = (Array.isArray(data) ? (data as readonly JsonValue[]) : []).map(entryOf)
    const isDefault = ({ id }: ModelEntry): boolean => id === (options.defaultModel ?? listed[0]?.id)
    return listed.map((entry) => ({ ...entry, isDefault: isDefault(entry) }))
  }
  return {
    list,
    acquire: async (name) => {
      const entries = await list()
      const entry = entries.find(({ id, isDefault }) => (name === undefined ? isDefault : id === name))
      if (entry !== undefined) {
        // How long a model stays is for the other server to say.
        return { id: entry.id, model: upstreamModel(entry, options), keepFor: () => {}, release: () => {} }
      }
      throw unknownModel(
        name ?? options.defaultModel ?? '',
        entries.map(({ id }) => id),
      )
    },
    discard: () => {},
    close: async () => {},
  }
}

function entryOf(model: JsonValue): ModelEntry {
  const created = memberOf(model, 'created')
  // vLLM tells the context so.
  const context = memberOf(model, 'max_model_len')
  return {
    id: String(memberOf(model, 'id')),
    aliases: [],
    sizeBytes: 0,
    created: typeof created === 'number' && Number.isInteger(created) ? created : 0,
    licence: undefined,
    ...(typeof context === 'number' ? { contextTokens: context } : {}),
    loaded: true,
    isDefault: false,
  }
}

function upstreamModel(entry: ModelEntry, options: UpstreamOptions): ServedModel {
  const remote = { ...options, model: entry.id }
  const own = plainChat(remote)
  const theirs = remoteChat(remote)
  const completion = remoteCompletion(remote)
  const { embed } = remoteEmbeddings(remote)
  const contextTokens = entry.contextTokens ?? options.contextTokens ?? assumedContextTokens
  const { slots, scoreContinuations, countTokens } = remoteModel({ ...remote, contextTokens })
  const chat: ChatModel['chat'] = (messages, given = {}) => {
    const { cacheKey: _, ...chatOptions } = given
    const help = options.tools !== 'upstream' && needsHelp(chatOptions)
    return (help ? own : theirs).chat(messages, chatOptions)
  }
  const unsupported = (what: string) => async (): Promise<never> => {
    throw notHere(what, options.baseUrl)
  }
  return {
    id: entry.id,
    contextTokens,
    slots,
    can: { chat: true, score: false, format: options.tools !== 'upstream' },
    scoreContinuations,
    countTokens,
    info: {
      name: entry.id,
      architecture: 'remote',
      kind: 'chat',
      parameters: 0,
      vocabularySize: 0,
      width: 0,
      contextTokens: entry.contextTokens ?? 0,
      trainedContextTokens: entry.contextTokens ?? 0,
      infill: false,
      fileBytes: 0,
      bytes: { weights: 0, arena: 0, cache: 0 },
      tensors: [],
      notices: [],
    },
    chat,
    stream: (prompt, given = {}) => {
      const { cacheKey: _, ...generateOptions } = given
      return completion.stream(prompt, generateOptions)
    },
    infill: unsupported('filling in the middle'),
    embed: async (texts, given) => (await embed(texts, given)).vectors,
    embedElsewhere: embed,
    rerank: unsupported('reranking'),
    translate: unsupported('encoder-decoders'),
    tokenize: unsupported('token ids'),
    detokenize: unsupported('token ids'),
    render: unsupported('templates'),
    logits: unsupported('logits'),
    dispose: async () => {},
  }
}

/** Whether an answer has to be held to something that a plain server knows nothing of. */
function needsHelp({ tools = [], toolChoice, format }: ChatOptions): boolean {
  return format !== undefined || (tools.length > 0 && toolChoice !== 'none')
}

function notHere(what: string, baseUrl: string): OstroError {
  return new OstroError('unsupported', `upstream: ${what} are not passed on. Ask ${baseUrl} for them.`)
}
