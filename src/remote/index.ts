/** `ostro/remote`: chat models on other machines. */
export type { RemoteOptions } from './endpoint.ts'
export { plainChat } from './plain-chat.ts'
export { remoteChat } from './remote-chat.ts'
