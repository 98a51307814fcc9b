/** How calls are expected to be, by the words of a request. */
export { expectCalls } from './expected-call.ts'
export type { ExpectedPlace } from './place.ts'
