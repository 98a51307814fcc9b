/**
 * Reasoning in the opaque form that clients carry from answer to request when nothing is stored. It hides nothing: what a local
 * model thinks belongs to its user, who gets it in plain text as well.
 */
import { badRequest } from '../api-error.ts'

const mark = 'ostro-reasoning-1.'

export function sealReasoning(text: string): string {
  return mark + btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

/** @throws ApiError 400 for reasoning of another server */
export function openReasoning(sealed: string): string {
  try {
    if (!sealed.startsWith(mark)) throw new Error('it does not begin as this server writes it')
    const bytes = Uint8Array.from(atob(sealed.slice(mark.length)), (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const message = `encrypted_content: reasoning that this server wrote expected, but ${(error as Error).message}. Leave the item out.`
    throw badRequest(message, 'input')
  }
}
