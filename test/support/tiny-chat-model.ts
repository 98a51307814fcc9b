/** A model of a few kilobytes with a chat template: the golden llama with a template of its own. Its answers mean nothing. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openGguf } from '../../src/formats/gguf/open-gguf.node.ts'
import { writeGguf } from '../../src/formats/index.ts'
import { goldenRoot } from './golden.ts'

/** The base model, without a template. */
export const tinyBaseModel: string = join(goldenRoot, 'llama', 'model.gguf')

/** `<s>` and `</s>` are control tokens of the model. */
export const tinyTemplate =
  '{% for m in messages %}<s>{{ m.role[0] }}:{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}<s>a:{% endif %}'

export async function writeTinyChatModel(path: string, template: string = tinyTemplate): Promise<void> {
  const base = await openGguf(tinyBaseModel)
  try {
    const tensors = [...base.tensors.values()].map((tensor) => ({
      ...tensor,
      data: async function* () {
        const bytes = new Uint8Array(tensor.sizeBytes)
        await tensor.read(0, bytes)
        yield bytes
      },
    }))
    const metadata = new Map([...base.metadata, ['tokenizer.chat_template', template] as const])
    await writeFile(path, writeGguf({ metadata, metadataTypes: base.metadataTypes, tensors }))
  } finally {
    await base.close()
  }
}
