/**
 * Custom tools take a text instead of JSON. To the model one is a function with a single argument, `input`, whose pattern is
 * the tool's grammar, so the decoder keeps to it as to any schema.
 */
import type { JsonValue, ToolDefinition } from '../../chat/index.ts'

const argument = 'input'

export interface CustomTool {
  readonly name: string
  readonly description?: string | null | undefined
  /** Regular expression that the whole text matches. */
  readonly pattern?: string | undefined
}

export function customToolDefinition({ name, description, pattern }: CustomTool): ToolDefinition {
  const text = { type: 'string', ...(pattern !== undefined && { pattern: `^(?:${pattern})$` }) }
  return {
    type: 'function',
    function: {
      name,
      ...(description && { description }),
      parameters: {
        type: 'object',
        properties: { [argument]: text },
        required: [argument],
        additionalProperties: false,
      },
    },
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
