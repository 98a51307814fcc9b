/** From what a caller asks to the token ids that the model reads. */
import { OstroError } from '../util/error.ts'
import type { Prompt } from './protocol.ts'
import type { Runtime } from './runtime.ts'

/** @throws OstroError `unsupported` */
export function promptTokens(runtime: Runtime, prompt: Exclude<Prompt, { kind: 'chat' }>): number[] {
  switch (prompt.kind) {
    case 'text':
      return runtime.tokenizer().encode(prompt.text)
    case 'tokens':
      return [...prompt.tokens]
    case 'infill': {
      const tokenizer = runtime.tokenizer()
      const { infill } = tokenizer
      if (infill === undefined) {
        throw new OstroError(
          'unsupported',
          `infill: ${runtime.info.name} has no tokens for filling in the middle. Take a model trained for it.`,
        )
      }
      const plain = { addSpecial: false }
      const start = tokenizer.addsBos && tokenizer.bos !== undefined ? [tokenizer.bos] : []
      const before = tokenizer.encode(prompt.before, plain)
      const after = tokenizer.encode(prompt.after, plain)
      return [...start, infill.prefix, ...before, infill.suffix, ...after, infill.middle]
    }
    default:
      return prompt satisfies never
  }
}
