/** What the worker has in hand after opening a source: tensors, configuration, tokenizer, template. The same for all formats. */
import { createTemplateRenderer, type TemplateRenderer } from '../chat/index.ts'
import type { GgufFile } from '../formats/index.ts'
import type { ModelFiles } from '../models/index.ts'
import { type SentenceSettings, sentenceSettingsOfGguf } from './sentence-settings.ts'
import type { TranslationFiles } from './translation-settings.ts'
import { tokenizerFromGguf, type Tokenizer } from '../tokenizer/index.ts'

export interface ModelFile {
  /** For messages: the name in the file, or what it was loaded from. */
  readonly name: string
  readonly files: ModelFiles
  readonly tokenizer: Tokenizer | undefined
  readonly chatTemplate: TemplateRenderer | undefined
  /** How an encoder makes vectors of texts; undefined where the files say nothing. */
  readonly sentence?: SentenceSettings | undefined
  /** What the folder of an encoder-decoder says of its use. */
  readonly translation?: TranslationFiles | undefined
  readonly close: () => Promise<void>
}

/** @throws OstroError what the tokenizer throws; a file without one is legal, it can still be given token ids. */
export function modelFileOfGguf(gguf: GgufFile, source: string): ModelFile {
  const { metadata, tensors } = gguf
  const tokenizer = metadata.has('tokenizer.ggml.model') ? tokenizerFromGguf(metadata) : undefined
  const template = metadata.get('tokenizer.chat_template')
  const name = metadata.get('general.name')
  return {
    name: typeof name === 'string' && name !== '' ? name : source,
    files: { format: 'gguf', metadata, tensors },
    tokenizer,
    chatTemplate: typeof template === 'string' ? chatTemplate(template, tokenizer) : undefined,
    sentence: isEncoder(metadata) ? sentenceSettingsOfGguf(metadata) : undefined,
    close: () => gguf.close(),
  }
}

function isEncoder(metadata: ReadonlyMap<string, unknown>): boolean {
  return metadata.get(`${String(metadata.get('general.architecture'))}.attention.causal`) === false
}

export function chatTemplate(template: string, tokenizer: Tokenizer | undefined): TemplateRenderer {
  const textOf = (id: number | undefined): string => (id === undefined ? '' : (tokenizer?.tokenText(id) ?? ''))
  return createTemplateRenderer(template, {
    bosToken: textOf(tokenizer?.bos),
    eosToken: textOf(tokenizer?.eos),
    now: () => new Date(),
  })
}
