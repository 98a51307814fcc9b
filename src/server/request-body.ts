/** The body of a request: bounded, JSON, and checked against the endpoint's schema; the first thing wrong is named. */
import { z, type ZodType } from 'zod'
import { ApiError, badRequest } from './api-error.ts'
import { createJsonMeter } from './json-meter.ts'

type Issue = z.core.$ZodIssue

/** @throws ApiError 400, 413 or 415 that names the field at fault */
export async function readBody(request: Request, schema: ZodType, maxBytes: number): Promise<unknown> {
  const text = await readText(request, maxBytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ApiError(
      400,
      `The body is not JSON: ${(error as Error).message}.`,
      { code: 'invalid_json' },
      { cause: error },
    )
  }
  return checkBody(value, schema)
}

/** @throws ApiError 400 */
function checkBody(value: unknown, schema: ZodType): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw issueError(result.error.issues[0], [])
}

/**
 * A field of the interface that this server knows and cannot honour: refused by name, never ignored. Null counts as absent,
 * since clients write it for that.
 */
export function refused(reason: string): z.ZodOptional<z.ZodNull> {
  return z.null({ error: () => ({ message: `${refusal}${reason}` }) }).optional()
}

/** Marks messages of `refused` among those of other nulls. */
const refusal = 'not supported: '

/** A field that changes nothing here and may be sent. */
export function accepted<Schema extends ZodType>(schema: Schema): z.ZodOptional<z.ZodNullable<Schema>> {
  return schema.nullish()
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = (): ApiError =>
    new ApiError(413, `The body is larger than ${maxBytes} bytes.`, { code: 'request_too_large' })
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  if (request.body === null) return ''
  const measure = createJsonMeter()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength
      if (size > maxBytes) throw tooLarge()
      measure(chunk)
      text += decoder.decode(chunk, { stream: true })
    }
    return text + decoder.decode()
  } catch (error) {
    if (error instanceof TypeError)
      throw new ApiError(400, 'The body is not UTF-8.', { code: 'invalid_json' }, { cause: error })
    throw error
  }
}

/** zod's issue as an error of the interface: unions are followed into the branch that fits best. */
function issueError(issue: Issue, outer: readonly PropertyKey[]): ApiError {
  const path = [...outer, ...issue.path]
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.filter((issues) => issues.length > 0).toSorted((a, b) => depth(b) - depth(a))[0]
    if (inner !== undefined && depth(inner) > 0) return issueError(inner[0], path)
  }
  if (issue.code === 'unrecognized_keys') {
    const field = fieldName([...path, issue.keys[0]])
    return badRequest(`${field}: this server does not know the field. Leave it out.`, field, 'unknown_parameter')
  }
  const field = fieldName(path)
  const where = field === '' ? 'The body' : field
  if (issue.message.startsWith(refusal)) {
    return badRequest(`${where}: ${issue.message}`, field, 'unsupported_parameter')
  }
  const code = issue.code === 'invalid_type' ? 'invalid_type' : 'invalid_value'
  return badRequest(`${where}: ${issue.message}.`, field === '' ? undefined : field, code)
}

function depth(issues: readonly Issue[]): number {
  const [issue] = issues
  if (issue === undefined) return 0
  return issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)
}

/** `messages[0].content` */
function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`
    return name === '' ? String(step) : `${name}.${String(step)}`
  }, '')
}
