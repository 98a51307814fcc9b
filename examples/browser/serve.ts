/**
 * Serves the page, the built package and a model: `npm run build && node examples/browser/serve.ts [MODEL.gguf] [--alone]`.
 *
 * With the two headers below a page may share memory between threads; `--alone` leaves them out, then one thread computes.
 * The one import that is no path (the template engine) is rewritten, because workers know no import maps; a bundler does the same.
 */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface ServeOptions {
  readonly port: number
  /** Folder of the built package. */
  readonly dist: string
  /** Path of a GGUF file, served at /model.gguf. */
  readonly model?: string | undefined
  /** Send the headers that allow threads. */
  readonly isolated: boolean
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = { '/ostro/': 'dist', '/modules/': join(root, 'node_modules'), '/': join(root, 'examples/browser') }
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.gguf': 'application/octet-stream',
}

export function serve(options: ServeOptions): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  return new Promise((resolve) => server.listen(options.port, '127.0.0.1', () => resolve(server)))
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  if (options.isolated) {
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    response.setHeader('cross-origin-resource-policy', 'same-origin')
  }
  const address = new URL(request.url ?? '/', 'http://localhost').pathname
  if (address === '/model.gguf') return sendModel(request, response, options.model)
  const path = pathOf(address === '/' ? '/index.html' : address, options.dist)
  const info = await stat(path).catch(() => undefined)
  if (info?.isFile() !== true) {
    response.statusCode = 404
    response.end('not found')
    return
  }
  response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream')
  const text = await readFile(path)
  response.end(extname(path) === '.js' ? rewriteImports(text.toString('utf8')) : text)
}

function pathOf(address: string, dist: string): string {
  const [prefix, folder] = Object.entries(folders).find(([start]) => address.startsWith(start)) ?? ['/', root]
  // normalize of an absolute address can't climb above its root.
  return join(prefix === '/ostro/' ? dist : folder, normalize(`/${decodeURIComponent(address.slice(prefix.length))}`))
}

function rewriteImports(code: string): string {
  return code.replace(
    /(from\s*|import\s*)(['"])@huggingface\/jinja\2/g,
    '$1$2/modules/@huggingface/jinja/dist/index.js$2',
  )
}

/** With byte ranges, as the engine reads it. */
async function sendModel(request: IncomingMessage, response: ServerResponse, path: string | undefined): Promise<void> {
  const info = path === undefined ? undefined : await stat(path).catch(() => undefined)
  if (path === undefined || info === undefined) {
    response.statusCode = 404
    response.end()
    return
  }
  response.setHeader('accept-ranges', 'bytes')
  response.setHeader('content-type', 'application/octet-stream')
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = range === null ? 0 : Number(range[1])
  const end = range === null || range[2] === '' ? info.size - 1 : Math.min(Number(range[2]), info.size - 1)
  if (range !== null) {
    response.statusCode = 206
    response.setHeader('content-range', `bytes ${start}-${end}/${info.size}`)
  }
  response.setHeader('content-length', end - start + 1)
  if (request.method === 'HEAD') response.end()
  else createReadStream(path, { start, end }).pipe(response)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2)
  const model = words.find((word) => !word.startsWith('--'))
  await serve({ port: 8080, dist: join(root, 'dist'), model, isolated: !words.includes('--alone') })
  console.log('http://127.0.0.1:8080')
}
