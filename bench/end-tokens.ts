/** Token ids that would end an answer early: every measured run forbids them, so that all are as long. */
import { openGguf } from '../src/formats/gguf/open-gguf.node.ts'

export async function endTokensOf(modelPath: string): Promise<number[]> {
  const file = await openGguf(modelPath)
  try {
    const ids = ['eos', 'eot', 'eom'].map((name) => file.metadata.get(`tokenizer.ggml.${name}_token_id`))
    return ids.filter((id) => typeof id === 'number')
  } finally {
    await file.close()
  }
}
