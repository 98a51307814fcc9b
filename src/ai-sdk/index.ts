/** Ostro in Vercel's AI SDK: `import { createOstro } from 'ostro/ai-sdk'`. */
export { createOstro, type OstroProvider, type OstroProviderOptions } from './provider.ts'
export type { OstroOptions } from './chat-options.ts'
export type { ServedModel } from './served-model.ts'
