/** JSON Schema as a grammar: exactly the JSON texts of the values that a schema accepts. */
import type { JsonValue } from '../../util/json.ts'
import type { Grammar, State } from '../grammar.ts'
import { exampleOf } from './completion.ts'
import { createLogic } from './formula.ts'
import { spaced, type ValueEnd } from './json-state.ts'
import { metaschema } from './metaschemas.ts'
import { createObligations } from './obligations.ts'
import { openDocument, refuse } from './schema-node.ts'
import { styleOf, type Whitespace } from './style.ts'
import { createEngine } from './value-plan.ts'
import { createContext } from './value-state.ts'
import { vet } from './vet.ts'

export interface JsonSchemaOptions {
  /**
   * Between tokens: `any` that JSON allows; `compact`: at most one space after a colon or comma; `model` (default): that, or a line
   * break with up to 40 spaces. Only `any` allows whitespace around the whole.
   */
  readonly whitespace?: Whitespace
  /**
   * Numbers as people write them: no exponent for whole numbers, no fraction where a whole number is asked for, at most 15 digits in a row.
   * Default true, but false where whitespace is `any`.
   */
  readonly plainNumbers?: boolean
  /**
   * Whether `format` is asserted for the names that JSON Schema defines. Where numbers are plain, formats are, too: no quoted local part in
   * an e-mail address. Default true.
   */
  readonly formats?: boolean
  /** Arrays and objects within each other, 1 or more. Default 64, but no limit where whitespace is `any`. */
  readonly maxDepth?: number
}

/**
 * The JSON texts of the values that satisfy `schema` (draft 2020-12; 2019-09, 07, 06 or 04 where `$schema` says so). Every keyword is
 * enforced exactly; members may come in any order, never twice.
 * @throws OstroError `unsupported` with the JSON `pointer` of what cannot be enforced or what no value satisfies
 */
export function compileJsonSchema(schema: JsonValue, options: JsonSchemaOptions = {}): Grammar {
  const { whitespace = 'model' } = options
  const plainNumbers = options.plainNumbers ?? whitespace !== 'any'
  const maxDepth = options.maxDepth ?? (whitespace === 'any' ? Infinity : 64)
  const formats = options.formats === false ? 'ignored' : plainNumbers ? 'plain' : 'exact'
  const style = styleOf(whitespace, plainNumbers, maxDepth)
  const document = openDocument(schema, metaschema)
  const obligations = createObligations(document, createLogic(), formats)
  vet(obligations)
  const engine = createEngine(obligations, style)
  if (exampleOf(engine.root) === 'none') {
    refuse('', 'no value satisfies it. Check for conditions that exclude each other.', 'unsatisfiable')
  }
  const outside = style.gaps.outside
  const ended: State = spaced(outside, { canEnd: true, next: () => undefined, closing: () => new Uint8Array(0) })
  const end: ValueEnd = { captures: false, depth: 0, end: () => ended }
  return { start: spaced(outside, createContext(engine).value(engine.root, end)) }
}
