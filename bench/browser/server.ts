/** Serves the build, the peer's package and one model to a page that may share memory between threads. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}
const page = '<!doctype html><title>bench</title><script type="module" src="/bench/browser/page.js"></script>'
/** Workers have no import maps, so bare names are resolved here. */
const bareNames: readonly (readonly [RegExp, string])[] = [
  [/(['"])@huggingface\/jinja\1/g, '"/node_modules/@huggingface/jinja/dist/index.js"'],
]

export interface PageServer extends AsyncDisposable {
  readonly address: string
}

export async function startPageServer(modelPath: string): Promise<PageServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page')
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    if (pathname === '/') response.setHeader('Content-Type', 'text/html').end(page)
    else if (pathname === '/model.gguf') sendRange(response, modelPath, request.headers.range)
    else void sendFile(response, join(root, normalize(pathname)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function sendFile(response: ServerResponse, path: string): Promise<void> {
  if (!existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end()
  response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream')
  if (extname(path) !== '.js') return void response.end(await readFile(path))
  let code = await readFile(path, 'utf8')
  for (const [name, address] of bareNames) code = code.replace(name, address)
  response.end(code)
}

function sendRange(response: ServerResponse, path: string, range: string | undefined): void {
  const { size } = statSync(path)
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  const start = Number(first ?? 0)
  const end = last ? Math.min(Number(last), size - 1) : size - 1
  response.writeHead(first === undefined ? 200 : 206, {
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
    'Content-Length': end - start + 1,
    ...(first === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  })
  createReadStream(path, { start, end }).pipe(response)
}
