/** Where models come from and where they are kept. */
export {
  catalogue,
  type CatalogueEntry,
  defaultEncoderName,
  defaultModelName,
  findInCatalogue,
  type ModelKind,
} from './catalogue.ts'
export { type Licence, type LicenceAnswer, licences } from './licence.ts'
export { pull } from './pull.ts'
export type { PullEvent, PullOptions } from './pull-context.ts'
export { homeOf, listModels, type LocalModel, removeModel, resolveModel, type StoreOptions } from './store.ts'
export { isRemoteUri, type ModelUri, parseUri } from './uri.ts'
