/**
 * Measures JSON as its bytes arrive: how deep it is nested and how many values it has. A few megabytes of brackets take the
 * parser and the checks behind it seconds, in which nobody else is served, so they are refused before.
 */
import { badRequest } from './api-error.ts'

/** Deeper than anything meant; what follows takes values apart by recursion. */
const mostDepth = 200
/** More than the tokens of any prompt here and the messages of any conversation. */
const mostValues = 250_000

/** Takes the next bytes. @throws ApiError 400 where there is more than any request needs */
export function createJsonMeter(): (bytes: Uint8Array) => void {
  let inString = false
  let escaped = false
  let depth = 0
  let values = 0
  return (bytes) => {
    for (const byte of bytes) {
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inString = false
        continue
      }
      if (byte === quote) inString = true
      else if (byte === comma) values++
      else if (byte === closeBracket || byte === closeBrace) depth--
      else if (byte === openBracket || byte === openBrace) {
        values++
        depth++
        if (depth > mostDepth) throw badRequest(`The body is nested more than ${mostDepth} deep.`, undefined)
      }
    }
    if (values > mostValues) throw badRequest(`The body has more than ${mostValues} values.`, undefined)
  }
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
