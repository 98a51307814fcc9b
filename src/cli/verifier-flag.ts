/** What `--verifier` says: `words:100-200`, `contains:the Moon`, `regex:/\d+/`, `json-schema:FILE`, `rubric:FILE`, joined by ` && `. */
import { readFile } from 'node:fs/promises'
import { textCheck, type TextCheck, textVerifier } from '../agents/text-verifier.ts'
import { OstroError } from '../util/error.ts'
import { usage } from './arguments.ts'

const forms = 'contains:TEXT, regex:/PATTERN/, words:LEAST-MOST, json-schema:FILE or rubric:FILE'

/** @throws OstroError `invalid-argument`, `not-found` for a file that cannot be read */
export async function readVerifiers(text: string): Promise<TextCheck[]> {
  const checks = await Promise.all(text.split(' && ').map((part) => readVerifier(part.trim())))
  // A pattern or a schema that is none is told now, not when the model is loaded.
  textVerifier(checks)
  return checks
}

async function readVerifier(text: string): Promise<TextCheck> {
  const [, kind = '', value = ''] = /^([a-z-]+):([^]+)$/.exec(text) ?? []
  const { data, error } = textCheck.safeParse(await fieldsOf(kind, value, text))
  if (error === undefined) return data
  const { path, message } = error.issues[0] ?? { path: [], message: 'not as expected' }
  throw usage(`--verifier ${[kind, ...path].join('.')}: ${message}`)
}

async function fieldsOf(kind: string, value: string, text: string): Promise<unknown> {
  switch (kind) {
    case 'contains':
      return { kind, text: value }
    case 'regex':
      return { kind, pattern: /^\/([^]*)\/$/.exec(value)?.[1] ?? value }
    case 'words': {
      const [, least, most] = /^(\d*)-(\d*)$/.exec(value) ?? []
      if (!least && !most) throw usage(`expected --verifier words:100-200, words:100- or words:-200, got ${text}`)
      return { kind, ...(least && { least: Number(least) }), ...(most && { most: Number(most) }) }
    }
    case 'json-schema':
      return { kind, schema: await readJson(value) }
    case 'rubric': {
      const fields = await readJson(value)
      return { ...(typeof fields === 'object' ? fields : {}), kind }
    }
    default:
      throw usage(`expected --verifier ${forms}; got ${text}`)
  }
}

async function readJson(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new OstroError('not-found', `ostro: ${file} of --verifier cannot be read.`, { file }, { cause })
  }
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new OstroError('invalid-argument', `ostro: JSON expected in ${file} of --verifier.`, { file }, { cause })
  }
}
