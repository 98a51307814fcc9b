/** What a command's exit code says. */
import { type ErrorCode, OstroError } from '../util/error.ts'

export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  network: 4,
  corruptModel: 5,
  outOfMemory: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const byErrorCode = {
  'invalid-argument': exitCodes.usage,
  'invalid-file': exitCodes.corruptModel,
  unsupported: exitCodes.failure,
  'not-found': exitCodes.notFound,
  network: exitCodes.network,
  disk: exitCodes.failure,
  integrity: exitCodes.corruptModel,
  'out-of-memory': exitCodes.outOfMemory,
  'context-overflow': exitCodes.usage,
  'not-a-chat-model': exitCodes.usage,
  template: exitCodes.corruptModel,
  device: exitCodes.failure,
  overloaded: exitCodes.failure,
  aborted: exitCodes.interrupted,
  disposed: exitCodes.failure,
  licence: exitCodes.usage,
  'input-empty': exitCodes.usage,
  'language-unsupported': exitCodes.usage,
  'budget-reached': exitCodes.failure,
  'no-candidate': exitCodes.failure,
  'action-invalid': exitCodes.failure,
  'environment-failed': exitCodes.failure,
  'effect-irreversible': exitCodes.usage,
  'sandbox-time': exitCodes.failure,
  'sandbox-memory': exitCodes.failure,
  'store-unavailable': exitCodes.failure,
} as const satisfies Record<ErrorCode, ExitCode>

/** The exit code of whatever a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof OstroError) return byErrorCode[error.code]
  // V8 throws this where an ArrayBuffer cannot be had.
  if (error instanceof RangeError && /allocation failed|Invalid array buffer length/i.test(error.message)) {
    return exitCodes.outOfMemory
  }
  return exitCodes.failure
}
