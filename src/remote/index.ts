/** `ostro/remote`: models on other machines. */
export type { RemoteOptions } from './endpoint.ts'
export { plainChat } from './plain-chat.ts'
export { type RemoteCompletion, remoteCompletion } from './remote-completion.ts'
export { type RemoteEmbeddings, remoteEmbeddings } from './remote-embeddings.ts'
export { remoteChat } from './remote-chat.ts'
export { remoteModel, type RemoteModelOptions } from './remote-model.ts'
