/** Output formats as grammars, compiled once: the grammars used last stay. */
import { OstroError } from '../util/error.ts'
import type { OutputFormat } from '../util/generation.ts'
import { compileChoice } from './choice.ts'
import { compileGbnf } from './gbnf.ts'
import type { Grammar } from './grammar.ts'
import { compileJsonSchema } from './json-schema/index.ts'
import { compileLark } from './lark.ts'
import { compileRegex } from './regex/index.ts'

/** Most characters of the sources of grammars that are kept; what they grow to in use is a multiple of it. */
const KEPT_CHARACTERS = 4 * 1024 * 1024
/** Most grammars that are kept. */
const KEPT_GRAMMARS = 500

/** Source -> grammar, the one used last at the end. */
const kept = new Map<string, Grammar>()
let keptCharacters = 0

/**
 * The grammar of an output format. Equal formats share one, as long as it is among those used last.
 * @throws OstroError('invalid-argument') for a source that is not of its syntax or that no text satisfies, OstroError('unsupported')
 * for what cannot be enforced
 */
export function compileFormat(format: OutputFormat): Grammar {
  const source = JSON.stringify(format)
  const known = kept.get(source)
  if (known) {
    kept.delete(source)
    kept.set(source, known)
    return known
  }
  const grammar = compile(format)
  kept.set(source, grammar)
  keptCharacters += source.length
  for (const oldest of kept.keys()) {
    if (kept.size <= 1 || (keptCharacters <= KEPT_CHARACTERS && kept.size <= KEPT_GRAMMARS)) break
    kept.delete(oldest)
    keptCharacters -= oldest.length
  }
  return grammar
}

function compile(format: OutputFormat): Grammar {
  switch (format.type) {
    case 'json':
      return compileJsonSchema(format.object === true ? { type: 'object' } : true)
    case 'json-schema':
      return compileJsonSchema(format.schema)
    case 'regex':
      return compileRegex(format.pattern)
    case 'choice':
      return compileChoice(format.choices)
    case 'grammar':
      return format.syntax === 'lark' ? compileLark(format.source) : compileGbnf(format.source)
    default:
      throw unknownFormat(format)
  }
}

function unknownFormat(format: never): OstroError {
  const { type } = format as { readonly type?: unknown }
  return new OstroError(
    'invalid-argument',
    `format: expected the type json, json-schema, regex, choice or grammar, got ${String(type)}. Use one of those.`,
    { type },
  )
}
