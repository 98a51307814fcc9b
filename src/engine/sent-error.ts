/** Errors across the worker border: an OstroError arrives as one, with its code and fields. */
import { type ErrorCode, OstroError } from '../util/error.ts'
import type { SentError } from './protocol.ts'

export function sendableError(error: unknown): SentError {
  if (error instanceof OstroError) {
    return { code: error.code, message: error.message, fields: sendableFields(error.fields), stack: error.stack }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { message, fields: {}, stack: error instanceof Error ? error.stack : undefined }
}

export function restoreError(sent: SentError): Error {
  const error =
    sent.code === undefined
      ? new Error(`engine worker: ${sent.message}`)
      : new OstroError(sent.code as ErrorCode, sent.message, sent.fields)
  // The worker's stack tells where it happened; the one made here would only show the message handler.
  if (sent.stack !== undefined) error.stack = sent.stack
  return error
}

/** Fields may hold anything; what can't be sent is sent as text. */
function sendableFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = (value: unknown): boolean =>
    value === undefined || ['string', 'number', 'boolean', 'bigint'].includes(typeof value)
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      const sendable = plain(value) || (Array.isArray(value) && value.every(plain))
      return [key, sendable ? value : String(value)]
    }),
  )
}
