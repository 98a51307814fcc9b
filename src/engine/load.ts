/** `load`: starts a worker, lets it open the model, and hands out a `Model`. */
import { OstroError } from '../util/error.ts'
import { Model } from './model.ts'
import type { LoadEvent, LoadOptions, ResolvedLoadOptions } from './model-info.ts'
import type { WorkerPort } from './protocol.ts'
import { createEngineClient } from './rpc-client.ts'

/**
 * Loads a language model in a worker of its own; the calling thread stays free.
 *
 * In Node, Bun and Deno `source` is a name of the catalogue (`smollm2:135m`), a URI (`hf:owner/repo/file.gguf`, `ms:`, `https:`,
 * `pypi:`), the path of a GGUF file, or a folder with config.json and safetensors. What is not on the disk yet is downloaded
 * and verified. In a browser it is the URL of a GGUF file on a server with byte ranges, or a Blob or File.
 *
 * @throws OstroError `not-found`, `network`, `integrity`, `licence`, `invalid-file`, `unsupported`, `out-of-memory`,
 * `invalid-argument`, `aborted`
 * @example
 * const model = await load('smollm2:135m')
 * const { text } = await model.complete('The capital of France is', { maxTokens: 8, temperature: 0 })
 * await model.dispose()
 */
export async function load(source: string | URL | Blob, options: LoadOptions = {}): Promise<Model> {
  checkLoadOptions(options)
  const { signal, onProgress, ...others } = options
  if (signal?.aborted) throw new OstroError('aborted', 'load: the signal had fired before.')
  const port = await startWorker()
  const client = createEngineClient(port)
  try {
    const params = { source: sendableSource(source), options: others satisfies ResolvedLoadOptions }
    const info = await client.call('load', params, { signal, onEvent: (event: LoadEvent) => onProgress?.(event) })
    return new Model(client, info)
  } catch (error) {
    await client.close()
    throw error
  }
}

/** The two runtimes differ only here; the browser never reads the file for Node. */
async function startWorker(): Promise<WorkerPort> {
  if (typeof process !== 'undefined' && process.versions?.node !== undefined) {
    return (await import('./start-worker.node.ts')).startNodeWorker()
  }
  return (await import('./start-worker.ts')).startWebWorker()
}

function sendableSource(source: string | URL | Blob): string | Blob {
  if (source instanceof Blob) return source
  if (source instanceof URL) return source.protocol === 'file:' ? decodeURIComponent(source.pathname) : source.href
  if (typeof source === 'string' && source !== '') {
    // A worker resolves relative addresses against its own script, the user means the page.
    return typeof document === 'undefined' ? source : new URL(source, document.baseURI).href
  }
  throw new OstroError('invalid-argument', `load: a name, path, URL or Blob expected, got ${String(source)}.`)
}

function checkLoadOptions(options: LoadOptions): void {
  const check = (name: keyof LoadOptions, legal: boolean, expected: string): void => {
    if (options[name] === undefined || legal) return
    const value = options[name]
    throw new OstroError('invalid-argument', `load: ${name} must be ${expected}, got ${String(value)}.`, {
      option: name,
    })
  }
  const { threads = 1, context = 2, chunk = 1, sequences = 1, kv = 'q12', device = 'wasm' } = options
  check('threads', Number.isInteger(threads) && threads >= 1 && threads <= 256, 'a whole number from 1 to 256')
  check('context', Number.isInteger(context) && context >= 2 && context <= 2 ** 24, 'a whole number from 2 to 16777216')
  check('chunk', Number.isInteger(chunk) && chunk >= 1 && chunk <= 4096, 'a whole number from 1 to 4096')
  check('sequences', Number.isInteger(sequences) && sequences >= 1 && sequences <= 256, 'a whole number from 1 to 256')
  check('kv', ['f32', 'f16', 'q12', 'q8'].includes(kv), "'f32', 'f16', 'q12' or 'q8'")
  check('device', ['wasm', 'reference'].includes(device), "'wasm' or 'reference'")
}
