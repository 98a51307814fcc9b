/** Models of random weights, of a few kilobytes: whatever they say means nothing, so all that is right about it is the decoder's. */
import { join } from 'node:path'
import { generateModel } from './generate-model.ts'

export const randomModelChange = {
  layers: 1,
  width: 64,
  feedForward: 64,
  heads: 2,
  keyValueHeads: 1,
  headWidth: 32,
  vocabulary: 320,
  contextTokens: 8192,
} as const

const plainTemplate =
  '{% for m in messages %}{% if m.role == "system" %}{{ raise_exception("no system") }}{% endif %}' +
  '{{ "<|turn|>" + m.role + ":" + m.content }}{% endfor %}{% if add_generation_prompt %}{{ "<|turn|>assistant:" }}{% endif %}'

const toolTemplate =
  '{% if tools %}{{ "<|turn|>tools:" }}{% for t in tools %}{{ t | tojson }}{% endfor %}{% endif %}' +
  '{% for m in messages %}{{ "<|turn|>" + m.role + ":" + (m.content or "") }}' +
  '{% for c in m.tool_calls or [] %}{{ "<tool_call>" }}{{ c.function | tojson }}{{ "</tool_call>" }}{% endfor %}{% endfor %}' +
  '{% if add_generation_prompt %}{{ "<|turn|>assistant:" }}{% endif %}'

/** Paths of a base model, one behind a template that knows neither tools nor a system turn, and one whose template knows tools. */
export async function writeRandomModels(folder: string) {
  const paths = {
    base: join(folder, 'base.gguf'),
    plain: join(folder, 'plain.gguf'),
    tools: join(folder, 'tools.gguf'),
  }
  const shape = { shape: 'smollm2-135m', type: 'q8_0', change: randomModelChange } as const
  const controlTokens = ['<|turn|>']
  await generateModel(paths.base, shape)
  await generateModel(paths.plain, { ...shape, seed: 2, chatTemplate: plainTemplate, controlTokens })
  await generateModel(paths.tools, {
    ...shape,
    seed: 3,
    chatTemplate: toolTemplate,
    controlTokens: [...controlTokens, '<tool_call>', '</tool_call>', '<think>', '</think>'],
  })
  return paths
}
