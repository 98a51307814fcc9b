/** The items of a list that JSON text has come to so far, while it is still being written. */
import type { JsonValue } from '../util/json.ts'

/** The complete items of the first list in `json`, which may end anywhere: `{"records": [{"a": 1}, {"a"` has one. */
export function completeItems(json: string): JsonValue[] {
  const items: JsonValue[] = []
  let depth = 0
  let from: number | undefined
  let inText = false
  for (let at = json.indexOf('[') + 1; at > 0 && at < json.length; at++) {
    const character = json[at]
    if (inText) {
      if (character === '\\') at++
      else if (character === '"') inText = false
    } else if (depth === 0 && (character === ',' || character === ']')) {
      if (from !== undefined) items.push(JSON.parse(json.slice(from, at)) as JsonValue)
      from = undefined
      if (character === ']') break
    } else {
      if (!/\s/.test(character)) from ??= at
      if (character === '"') inText = true
      else if (character === '{' || character === '[') depth++
      else if (character === '}' || character === ']') depth--
    }
  }
  return items
}
