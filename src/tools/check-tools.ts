/** Tools and tool choice at the border: what a caller gives, checked once and made ready for the automaton. */
import type { Grammar } from '../constrain/grammar.ts'
import { compileFormat, compileTextArgument } from '../constrain/index.ts'
import type { JsonValue } from '../util/json.ts'
import { OstroError } from '../util/error.ts'
import type { ChatOptions, ToolChoice, ToolDefinition } from './chat-model.ts'
import { closeObjects } from './closed-objects.ts'
import { checkStrictSubset } from './strict-subset.ts'
import type { CallableTool } from './turn/turn.ts'

/** What may be called in a turn, and whether it must be. */
export interface ToolUse {
  /** Shown in the prompt: none where no call is allowed. */
  readonly definitions: readonly ToolDefinition[]
  /** May be called now; with `allowed` or a name, fewer than are shown; with `none` those that a text may not call. */
  readonly callable: readonly CallableTool[]
  readonly mode: 'auto' | 'required' | 'none'
  readonly parallel: boolean
}

export type CompileSchema = (schema: JsonValue) => Grammar

/**
 * The tools of a request. Undefined where there are none.
 * @throws OstroError `invalid-argument` for a name that is no name or stands twice, a schema that cannot be enforced (its field
 * `pointer` says where), or a choice that names no tool
 */
export function checkTools(options: ChatOptions, compile: CompileSchema): ToolUse | undefined {
  const { tools = [], toolChoice, parallelToolCalls: parallel = true } = options
  if (tools.length === 0) {
    if (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return undefined
    throw refused('toolChoice', 'tools to choose from expected, got none. Give tools, or leave toolChoice out')
  }
  const callable = tools.map((tool, index) => checkTool(tool, index, compile))
  const names = callable.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw refused('tools', `names that differ expected, got ${twice} twice. Rename one`)
  const { mode, chosen } = readChoice(toolChoice ?? 'auto', names)
  return {
    definitions: mode === 'none' ? [] : tools.map(withoutGrammar),
    callable: callable.filter(({ name }) => chosen.has(name)),
    mode,
    parallel,
  }
}

function checkTool(tool: ToolDefinition, index: number, compile: CompileSchema): CallableTool {
  const at = `/tools/${index}`
  const { type, function: definition } = (tool ?? {}) as Partial<ToolDefinition>
  if (type !== 'function' || typeof definition !== 'object' || definition === null) {
    throw refused(at, `{ type: 'function', function: { name, parameters } } expected. Only functions can be called`)
  }
  const { name, parameters, strict, grammar: textGrammar } = definition
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw refused(`${at}/function/name`, `1 to 64 of a-z, A-Z, 0-9, _ and - expected, got ${JSON.stringify(name)}`)
  }
  const pointer = `${at}/function/parameters`
  if (
    parameters !== undefined &&
    (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters))
  ) {
    throw refused(pointer, `a JSON schema of an object expected, got ${JSON.stringify(parameters)}`)
  }
  if (strict === true) checkStrictSubset(parameters ?? {}, pointer)
  // Compiled here, so that a schema that cannot be enforced is refused before anything is generated.
  const grammar = compileParameters(parameters, pointer, compile)
  if (textGrammar === undefined) return { name, arguments: () => grammar.start }
  const held = compileTextGrammar(textGrammar, parameters, `${at}/function`)
  return { name, arguments: () => held.start, ownGrammar: true }
}

/** @throws OstroError `invalid-argument` where the parameters are not one string, or the source is not of its syntax */
function compileTextGrammar(
  grammar: NonNullable<ToolDefinition['function']['grammar']>,
  parameters: ToolDefinition['function']['parameters'],
  pointer: string,
): Grammar {
  const properties = Object.entries(parameters?.['properties'] ?? {})
  const [[key, schema] = ['', undefined]] = properties
  const keywords = Object.keys((schema ?? {}) as object).filter((keyword) => keyword !== 'description')
  const isString = keywords.join() === 'type' && (schema as { readonly type?: unknown }).type === 'string'
  if (properties.length !== 1 || !isString) {
    throw refused(`${pointer}/grammar`, 'one parameter of type string without other keywords expected beside a grammar')
  }
  return located(`${pointer}/grammar`, () => compileTextArgument(key, compileFormat({ type: 'grammar', ...grammar })))
}

/** Templates show a function as it is given, and know nothing of grammars. */
function withoutGrammar(tool: ToolDefinition): ToolDefinition {
  const { grammar, ...shown } = tool.function
  return grammar === undefined ? tool : { type: tool.type, function: shown }
}

const noParameters = { type: 'object', properties: {}, additionalProperties: false } as const

/** @throws OstroError `invalid-argument`, `unsupported`; its field `pointer` says where */
export function compileParameters(
  parameters: ToolDefinition['function']['parameters'],
  pointer: string,
  compile: CompileSchema,
): Grammar {
  const { type } = parameters ?? noParameters
  const isObject = type === undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))
  if (!isObject) throw refused(`${pointer}/type`, `"object" expected, got ${JSON.stringify(type)}`)
  return located(pointer, () =>
    compile(parameters === undefined ? noParameters : closeObjects({ ...parameters, type: 'object' })),
  )
}

/** Errors name the place in the request. */
function located(pointer: string, make: () => Grammar): Grammar {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof OstroError)) throw error
    const inner = typeof error.fields['pointer'] === 'string' ? error.fields['pointer'] : ''
    throw new OstroError(error.code, `${pointer}: ${error.message}`, {
      ...error.fields,
      pointer: pointer + inner.replace(/^#/, ''),
    })
  }
}

function readChoice(choice: ToolChoice, names: readonly string[]) {
  const all = new Set(names)
  const known = (wanted: readonly string[]): Set<string> => {
    const missing = wanted.find((name) => !all.has(name))
    if (missing === undefined && wanted.length > 0) return new Set(wanted)
    throw refused('toolChoice', `one of ${names.join(', ')} expected, got ${missing ?? 'none of them'}`)
  }
  if (choice === 'auto' || choice === 'required' || choice === 'none') return { mode: choice, chosen: all }
  if (typeof choice === 'object' && choice !== null) {
    if ('name' in choice) return { mode: 'required' as const, chosen: known([choice.name]) }
    if (Array.isArray(choice.allowed) && (choice.mode === 'auto' || choice.mode === 'required')) {
      return { mode: choice.mode, chosen: known(choice.allowed) }
    }
  }
  throw refused(
    'toolChoice',
    `'auto', 'none', 'required', { name } or { allowed, mode } expected, got ${JSON.stringify(choice)}`,
  )
}

function refused(pointer: string, what: string): OstroError {
  return new OstroError('invalid-argument', `chat: ${pointer}: ${what}.`, { pointer })
}
