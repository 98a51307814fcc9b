/** Sources in Node: names and URIs through the hub, GGUF files and safetensors folders on disk, Blobs. */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { openGguf } from '../formats/gguf/open-gguf.node.ts'
import { blobSource, readGguf } from '../formats/index.ts'
import { openSafetensors } from '../formats/open-safetensors.node.ts'
import { pull, type PullEvent } from '../hub/index.ts'
import { type Tokenizer, tokenizerFromJson, tokenizerFromVocabulary } from '../tokenizer/index.ts'
import { OstroError } from '../util/error.ts'
import { parsePythonJson } from '../util/python-json.ts'
import type { OpenSourceContext } from './handlers.ts'
import { chatTemplate, type ModelFile, modelFileOfGguf } from './model-file.ts'
import type { SendableSource } from './protocol.ts'
import { readSentenceSettings } from './sentence-settings.ts'
import { type FolderReader, readTranslationFiles, tokenizerOfSentencePiece } from './translation-files.ts'

export async function openSource(source: SendableSource, context: OpenSourceContext): Promise<ModelFile> {
  const { signal } = context
  if (typeof source !== 'string') return modelFileOfGguf(await readGguf(blobSource(source), { signal }), 'blob')
  const { path, name } = await findModel(source, context)
  const isFolder = (await stat(path)).isDirectory()
  if (isFolder || path.endsWith('.safetensors') || path.endsWith('.safetensors.index.json')) {
    return openFolder(path, isFolder ? path : dirname(path), name, signal)
  }
  return modelFileOfGguf(await openGguf(path, { signal }), name)
}

/** What is not on the disk yet is downloaded. */
async function findModel(source: string, context: OpenSourceContext): Promise<{ path: string; name: string }> {
  const { signal, acceptLicence, onDownload } = context
  const onProgress = (event: PullEvent): void => {
    if (event.type === 'download-progress') onDownload(event.receivedBytes, event.totalBytes ?? event.receivedBytes)
  }
  const model = await pull(source, { signal, acceptLicence, onProgress })
  return { path: model.path, name: model.name }
}

async function openFolder(path: string, folder: string, name: string, signal: AbortSignal): Promise<ModelFile> {
  const config = await readJson(join(folder, 'config.json'))
  if (config === undefined) {
    throw new OstroError('not-found', `${folder}: config.json expected beside the safetensors, but it is missing.`)
  }
  const weights = await openSafetensors(path, { signal })
  const tokenizerJson = await readJson(join(folder, 'tokenizer.json'))
  const tokenizerConfig = await readJson(join(folder, 'tokenizer_config.json'))
  const folderFiles = folderReader(folder)
  const translation =
    config['is_encoder_decoder'] === true ? await readTranslationFiles(folderFiles, tokenizerConfig) : undefined
  const tokenizer =
    tokenizerJson === undefined
      ? ((await tokenizerOfVocabulary(folder, tokenizerConfig)) ??
        (await tokenizerOfSentencePiece(folderFiles, tokenizerConfig)))
      : tokenizerFromJson(tokenizerJson, tokenizerConfig)
  const template = (await readText(join(folder, 'chat_template.jinja'))) ?? templateOf(tokenizerConfig)
  return {
    name: name === '' ? basename(folder) : name,
    files: { format: 'safetensors', config, tensors: weights.tensors },
    tokenizer,
    chatTemplate: template === undefined ? undefined : chatTemplate(template, tokenizer),
    sentence: await readSentenceSettings((file) => readJsonValue(join(folder, file))),
    translation,
    close: () => weights.close(),
  }
}

/** @throws OstroError `disk`, `invalid-file` */
function folderReader(folder: string): FolderReader {
  return {
    bytes: (file) => readBytes(join(folder, file)),
    json: (file) => readJson(join(folder, file)),
  }
}

async function tokenizerOfVocabulary(
  folder: string,
  config: Record<string, unknown> | undefined,
): Promise<Tokenizer | undefined> {
  const vocabulary = await readText(join(folder, 'vocab.txt'))
  return vocabulary === undefined ? undefined : tokenizerFromVocabulary(vocabulary, config)
}

/** Older checkpoints keep the template in tokenizer_config.json, as a text or as a list of named ones. */
function templateOf(tokenizerConfig: Record<string, unknown> | undefined): string | undefined {
  const template = tokenizerConfig?.['chat_template']
  if (typeof template === 'string') return template
  if (!Array.isArray(template)) return undefined
  const named = template as readonly { readonly name?: unknown; readonly template?: unknown }[]
  const chosen = named.find((entry) => entry.name === 'default')?.template
  return typeof chosen === 'string' ? chosen : undefined
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  const value = await readJsonValue(path)
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new OstroError('invalid-file', `${path}: a JSON object expected.`, { path })
}

async function readJsonValue(path: string): Promise<unknown> {
  const text = await readText(path)
  if (text === undefined) return undefined
  try {
    return parsePythonJson(text)
  } catch (cause) {
    throw new OstroError('invalid-file', `${path}: JSON expected, but it does not parse.`, { path }, { cause })
  }
}

async function readText(path: string): Promise<string | undefined> {
  const bytes = await readBytes(path)
  return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

async function readBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new OstroError('disk', `${path}: cannot be read.`, { path }, { cause })
  }
}
