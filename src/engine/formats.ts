/** Output formats and schemas as grammars. */
import { compileFormat, type Grammar } from '../constrain/index.ts'
import type { JsonValue } from '../util/json.ts'

export function compileSchema(schema: JsonValue): Grammar {
  return compileFormat({ type: 'json-schema', schema })
}
