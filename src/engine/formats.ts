/** Output formats and schemas as grammars. */
import { compileRegex, type Grammar, type State } from '../constrain/index.ts'
import { OstroError } from '../util/error.ts'
import type { OutputFormat } from '../util/generation.ts'
import type { JsonValue } from '../util/json.ts'

/** Stands in until the schema compiler is there: the required properties in order, as strings. */
export function compileSchema(schema: JsonValue): Grammar {
  const { required = [] } = schema as { required?: string[] }
  const parts = `{${required.map((name) => `${JSON.stringify(name)}: "*"`).join(', ')}}`
  const states: State[] = []
  for (let at = 0; at <= parts.length; at++) {
    states.push({
      next: (byte) => {
        if (parts[at] === '*')
          return byte === 0x22 ? states[at + 2] : byte > 31 && byte < 127 && byte !== 92 ? states[at] : undefined
        return parts.charCodeAt(at) === byte ? states[at + 1] : undefined
      },
      canEnd: at === parts.length,
      closing: () => new TextEncoder().encode(parts.slice(at).replaceAll('*', '')),
    })
  }
  return { start: states[0] }
}

export function compileFormat(format: OutputFormat): Grammar {
  if (format.type === 'regex') return compileRegex(format.pattern)
  throw new OstroError('unsupported', `format: ${format.type} is not there yet.`)
}
