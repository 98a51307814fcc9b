/**
 * The one error class of Ostro: every failure that a caller can act on carries a stable `code` and the fields that the message names.
 * Messages read "where: what was expected, got what. What to do."
 */
export type ErrorCode =
  | 'invalid-argument' // the caller passed a value outside the documented range
  | 'invalid-file' // a model, tokenizer or archive is corrupt or not of the format
  | 'unsupported' // well formed, but Ostro cannot do it
  | 'not-found' // a model, file, tensor or key does not exist
  | 'network' // every source failed, or a transfer broke off for good
  | 'disk' // no space, no permission
  | 'integrity' // a checksum does not match
  | 'out-of-memory' // the device cannot hold it
  | 'context-overflow' // prompt and answer do not fit the context
  | 'not-a-chat-model' // a base model was asked to chat
  | 'template' // a chat template failed, ran too long or used too much memory
  | 'device' // a kernel failed its self-test, a worker died
  | 'overloaded' // too many requests wait already
  | 'aborted' // an AbortSignal fired
  | 'disposed' // the model was disposed of before
  | 'licence' // terms have to be accepted first
  | 'input-empty' // a task was given nothing to work on
  | 'language-unsupported' // no model at hand has the language
  | 'budget-reached' // the next step would cost more than is left
  | 'no-candidate' // an agent ended without any answer
  | 'action-invalid' // an answer is no action of its environment
  | 'environment-failed' // an environment refused a task or broke
  | 'effect-irreversible' // nobody has approved what cannot be undone
  | 'sandbox-time' // code in the sandbox ran too long
  | 'sandbox-memory' // code in the sandbox took too much memory
  | 'store-unavailable' // a database is locked, full or no database

export class OstroError extends Error {
  override readonly name = 'OstroError'
  readonly code: ErrorCode
  /** Values that the message names, for programs. */
  readonly fields: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.fields = fields
  }
}
