/** The files of the chat page from a folder, or a short page that says how to build them. */
import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
}

/** What a model writes may reach the page as text only: no foreign script, no request to elsewhere, no frame around it. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ')

/** Answers with the file at a URL path; undefined where there is none. */
export function createPageFiles(folder: string): (path: string) => Promise<Response | undefined> {
  const root = resolve(folder)
  return async (path) => {
    const file = fileOf(root, path === '/' ? '/index.html' : path)
    if (file === undefined) return undefined
    const bytes = await readFile(file).catch(absent)
    if (bytes !== undefined) return pageResponse(bytes, mediaTypes[extname(file)] ?? 'application/octet-stream', path)
    return path === '/' ? pageResponse(new TextEncoder().encode(unbuiltPage), mediaTypes['.html'], path) : undefined
  }
}

/** The file that a path means, or undefined where it leads out of the folder or to something hidden. */
function fileOf(root: string, path: string): string | undefined {
  const decoded = decode(path)
  if (decoded === undefined || /[\0\\:]|(^|\/)\./.test(decoded)) return undefined
  const file = resolve(join(root, decoded))
  return file.startsWith(root + sep) ? file : undefined
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    // Not percent-encoded text: no file of ours.
    return undefined
  }
}

function pageResponse(bytes: Uint8Array<ArrayBuffer>, mediaType: string, path: string): Response {
  return new Response(bytes, {
    headers: {
      'content-type': mediaType,
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      // The build puts a hash into the names of assets.
      'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  })
}

const unbuiltPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Ostro</title>
<h1>Ostro</h1>
<p>The server is running. The chat page is not built: run <code>npm start</code> in the clone, which builds it.</p>
<p>The interface for programs is at <code>/v1</code>; <a href="/openapi.json">/openapi.json</a> describes it.</p>
</html>
`

function absent(error: NodeJS.ErrnoException): undefined {
  if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '')) return undefined
  throw error
}
