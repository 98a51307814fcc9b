/** `createOstro`: loaded models as a provider of Vercel's AI SDK, in this process and without HTTP. */
import { OstroError } from '../util/error.ts'
import { createEmbeddingModel, type EmbeddingModel } from './embedding-model.ts'
import { createLanguageModel, type LanguageModel } from './language-model.ts'
import type { ServedModel } from './served-model.ts'

/** A provider; called as a function it gives the language model. Without a name: the first model. */
export interface OstroProvider<Version extends 'v3' | 'v4' = 'v4'> {
  (modelId?: string): LanguageModel<Version>
  readonly specificationVersion: Version
  languageModel(modelId?: string): LanguageModel<Version>
  embeddingModel(modelId?: string): EmbeddingModel<Version>
  /** @throws OstroError `unsupported`, always. */
  imageModel(modelId?: string): never
}

export interface OstroProviderOptions<Version extends 'v3' | 'v4'> {
  /** Of the AI SDK's interface: `v4` for `ai` 7 (default), `v3` for `ai` 6. */
  readonly specification: Version
}

/**
 * Makes a loaded model, or several under names of your choice, a provider for `generateText`, `streamText`, `embed` and the rest
 * of the AI SDK. The models stay yours: dispose of them when done.
 *
 * @throws OstroError `invalid-argument` for an empty list; the provider's functions throw `not-found` for a name not in it.
 * @example
 * const ostro = createOstro(await load('smollm2:135m'))
 * const { text } = await generateText({ model: ostro(), prompt: 'Why is the sky blue?' })
 */
export function createOstro(models: ServedModel | Readonly<Record<string, ServedModel>>): OstroProvider<'v4'>
export function createOstro<Version extends 'v3' | 'v4'>(
  models: ServedModel | Readonly<Record<string, ServedModel>>,
  options: OstroProviderOptions<Version>,
): OstroProvider<Version>
export function createOstro(
  models: ServedModel | Readonly<Record<string, ServedModel>>,
  { specification: version }: OstroProviderOptions<'v3' | 'v4'> = { specification: 'v4' },
): OstroProvider<'v3' | 'v4'> {
  const byName = isModel(models) ? new Map([[models.info.name, models]]) : new Map(Object.entries(models))
  const [first] = byName.keys()
  if (first === undefined)
    throw new OstroError('invalid-argument', 'createOstro: at least one model expected, got none.')

  const find = (modelId: string): ServedModel => {
    const model = byName.get(modelId)
    if (model) return model
    const known = [...byName.keys()].join(', ')
    throw new OstroError('not-found', `createOstro: there is no model "${modelId}". There are ${known}.`, { modelId })
  }
  const languageModel = (modelId = first): LanguageModel<'v3' | 'v4'> =>
    createLanguageModel(find(modelId), modelId, version)
  const embeddingModel = (modelId = first): EmbeddingModel<'v3' | 'v4'> =>
    createEmbeddingModel(find(modelId), modelId, version)
  const imageModel = (): never => {
    throw new OstroError('unsupported', 'createOstro: Ostro makes no images. Take another provider for them.')
  }
  const provider = (modelId?: string) => languageModel(modelId)
  return Object.assign(provider, { specificationVersion: version, languageModel, embeddingModel, imageModel })
}

function isModel(models: ServedModel | Readonly<Record<string, ServedModel>>): models is ServedModel {
  return typeof models.chat === 'function'
}
