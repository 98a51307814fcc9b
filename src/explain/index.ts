/** Explanations with numbers: attention, a router and a selective scan by hand, and a page for each architecture. */
export { knownArchitectures } from './architecture-page.ts'
export { approximations } from './attention-weights.ts'
export type { Approximation } from './attention-weights.ts'
export { explain } from './explain.ts'
export type { ExplainOptions } from './explain.ts'
export type { Explanation, LabelledMatrix, Step, Term } from './explanation.ts'
export { renderExplanation } from './render.ts'
export type { TextStyle } from './render.ts'
