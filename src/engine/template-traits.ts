/** What a model's template says of its notation: found out at the first chat, then known. */
import { analyseTemplate, type TemplateTraits } from '../tools/index.ts'
import { OstroError } from '../util/error.ts'
import type { Runtime } from './runtime.ts'

const known = new WeakMap<Runtime, Promise<TemplateTraits>>()

const noTemplate: TemplateTraits = { dialect: undefined, reasoning: undefined, arguments: 'object', system: true }

export function templateTraits(runtime: Runtime): Promise<TemplateTraits> {
  let traits = known.get(runtime)
  if (traits === undefined) known.set(runtime, (traits = findTraits(runtime)))
  return traits
}

async function findTraits(runtime: Runtime): Promise<TemplateTraits> {
  const { chatTemplate } = runtime
  if (chatTemplate === undefined) return noTemplate
  const tokenizer = runtime.tokenizer()
  return analyseTemplate(
    async (input) => {
      try {
        return await chatTemplate.render(input)
      } catch (error) {
        // A template that refuses a probe, or fails at it, does not know what was probed.
        if (error instanceof OstroError && error.code === 'template') return undefined
        throw error
      }
    },
    {
      endTexts: [...tokenizer.endOfGeneration].map((id) => tokenizer.tokenText(id)),
      hasToken: (text) => tokenizer.idOf(text) !== undefined,
    },
  )
}
