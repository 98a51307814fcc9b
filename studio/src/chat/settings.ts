/** What the user sets for a chat; undefined numbers are left to the server. */

export interface ToolSetting {
  readonly name: string
  readonly description: string
  /** JSON Schema of the arguments, as the user wrote it. */
  readonly parameters: string
  readonly enabled: boolean
}

export type OutputKind = 'text' | 'json' | 'schema'

export interface ChatSettings {
  readonly model: string | undefined
  readonly systemPrompt: string
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly maxTokens: number | undefined
  readonly seed: number | undefined
  readonly output: OutputKind
  /** JSON Schema as the user wrote it; used where `output` is `schema`. */
  readonly schema: string
  readonly tools: readonly ToolSetting[]
  /** `auto`, `none`, `required`, or `tool:` and a name. */
  readonly toolChoice: string
  readonly parallelToolCalls: boolean
}

export const exampleSchema = `{
  "type": "object",
  "properties": {
    "title": { "type": "string" },
    "topics": { "type": "array", "items": { "type": "string" }, "maxItems": 4 },
    "rating": { "type": "integer", "minimum": 1, "maximum": 5 }
  },
  "required": ["title", "topics", "rating"],
  "additionalProperties": false
}`

export const initialSettings: ChatSettings = {
  model: undefined,
  systemPrompt: '',
  temperature: undefined,
  topP: undefined,
  maxTokens: undefined,
  seed: undefined,
  output: 'text',
  schema: exampleSchema,
  tools: [],
  toolChoice: 'auto',
  parallelToolCalls: true,
}

export function enabledTools({ tools }: ChatSettings): readonly ToolSetting[] {
  return tools.filter((tool) => tool.enabled)
}
