import { describe, expect, it } from 'vitest'
import { adviceFor, responseError, streamError, toFailure } from './error.ts'

const failureOf = async (status: number, body: string, headers: Record<string, string> = {}) =>
  (await responseError(new Response(body, { status, headers }))).failure

describe('responseError', () => {
  it('reads the message, the code, the field and the time to wait', async () => {
    const body = '{"error":{"message":"Too many.","code":"queue_full","param":"n"}}'
    expect(await failureOf(429, body, { 'retry-after': '3' })).toEqual({
      status: 429,
      code: 'queue_full',
      message: 'Too many.',
      field: 'n',
      retryAfterSeconds: 3,
    })
  })

  it('shows what is no JSON as it is, and the status where there is nothing', async () => {
    expect(await failureOf(502, 'Bad gateway of a proxy')).toMatchObject({ message: 'Bad gateway of a proxy' })
    expect(await failureOf(500, '')).toMatchObject({ message: expect.stringMatching(/^500/) })
    expect(await failureOf(400, '{"error":"as Ollama does"}')).toMatchObject({ message: 'as Ollama does' })
    expect(await failureOf(400, 'null')).toMatchObject({ message: 'null' })
  })
})

describe('toFailure', () => {
  it('tells a server that does not answer from a fault of the page', () => {
    expect(toFailure(new TypeError('fetch failed'))).toMatchObject({ code: 'unreachable', status: 0 })
    expect(toFailure(new Error('no schema'))).toMatchObject({ code: undefined, message: 'no schema' })
    expect(toFailure(streamError('{"error":{"message":"died"}}'))).toMatchObject({ status: 200, message: 'died' })
  })
})

describe('adviceFor', () => {
  const failure = { status: 0, code: undefined, message: '', field: undefined, retryAfterSeconds: undefined }
  it.each([
    [{ code: 'unreachable' }, /npm start/],
    [{ status: 400, code: 'context_length_exceeded' }, /new chat/],
    [{ status: 400, field: 'tools[0]' }, /“tools\[0\]”/],
    [{ status: 401 }, /key/],
    [{ status: 404 }, /another model/],
    [{ status: 429, retryAfterSeconds: 7 }, /in 7 seconds/],
    [{ status: 503 }, /in a moment/],
    [{ status: 500 }, /log/],
    [{ status: 200 }, /Try again/],
  ])('%j', (change, advice) => expect(adviceFor({ ...failure, ...change })).toMatch(advice))

  it('adds nothing where the message says it all', () => expect(adviceFor(failure)).toBeUndefined())
})
