/**
 * Custom tools take a text instead of JSON. To the model one is a function with a single argument, `input`, and
 * the decoder keeps that to the tool's grammar: a regular expression is its pattern, a Lark grammar stands beside the schema.
 */
import type { JsonValue, ToolDefinition } from '../../chat/index.ts'

const argument = 'input'

export interface CustomTool {
  readonly name: string
  readonly description?: string | null | undefined
  /** What the whole text is held to. */
  readonly grammar?: { readonly syntax: 'lark' | 'regex'; readonly definition: string } | undefined
}

export function customToolDefinition({ name, description, grammar }: CustomTool): ToolDefinition {
  return {
    type: 'function',
    function: {
      name,
      ...(description && { description }),
      parameters: {
        type: 'object',
        properties: { [argument]: textSchema(grammar) },
        required: [argument],
        additionalProperties: false,
      },
      ...(grammar?.syntax === 'lark' && { grammar: { syntax: 'lark', source: grammar.definition } }),
    },
  }
}

/** A model is told of its grammar in the words of a schema. */
function textSchema(grammar: CustomTool['grammar']): { readonly [keyword: string]: JsonValue } {
  if (grammar === undefined) return { type: 'string' }
  switch (grammar.syntax) {
    case 'regex':
      return { type: 'string', pattern: `^(?:${grammar.definition})$` }
    case 'lark':
      return { type: 'string', description: `A text of this Lark grammar: ${grammar.definition.trim()}` }
    default:
      return grammar.syntax satisfies never
  }
}

/** A call's text as the arguments of that function. */
export function customToolArguments(input: string): JsonValue {
  return { [argument]: input }
}

/** The text of a call from the function's arguments, which are complete and valid. */
export function customToolInput(callArguments: string): string {
  return (JSON.parse(callArguments) as { readonly [argument]: string })[argument]
}
