/** Messages of a chat as templates read them: the field names are those of the Hugging Face and OpenAI formats. */

import type { JsonValue } from '../util/json.ts'

export type { JsonValue }

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'audio' | 'video'; readonly [key: string]: JsonValue }

export interface ToolCall {
  readonly id?: string
  readonly type?: 'function'
  readonly function: {
    readonly name: string
    /** An object, or JSON as a string where a model's template wants it so. */
    readonly arguments: JsonValue
  }
}

export interface ChatMessage {
  /** `system`, `user`, `assistant`, `tool`, or what else a template knows (`developer`, `ipython`). */
  readonly role: string
  readonly content?: string | readonly ContentPart[] | null
  readonly tool_calls?: readonly ToolCall[]
  /** On `tool` messages: which call this answers, and the function's name. */
  readonly tool_call_id?: string
  readonly name?: string
  /** Reasoning of earlier assistant turns, for templates that show it. */
  readonly reasoning_content?: string
  /** The model's turn is to be continued rather than answered (templates that support it). */
  readonly prefix?: boolean
}

/** A function that the model may call, in JSON schema form. */
export interface ToolDefinition {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string
    /** JSON schema of the arguments. Default: an object without properties. */
    readonly parameters?: { readonly [key: string]: JsonValue }
    /** OpenAI's strict subset: the request is refused where the schema leaves it. The given schema is enforced in any case. */
    readonly strict?: boolean
    /** The only parameter, a string, is a text of this grammar. Kept by models that run here; not shown to them by itself. */
    readonly grammar?: { readonly syntax: 'lark' | 'gbnf'; readonly source: string }
  }
}

/** What a template renders. */
export interface TemplateInput {
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ToolDefinition[]
  readonly documents?: readonly { readonly [key: string]: JsonValue }[]
  /** Ends with the start of an assistant turn. Default false. */
  readonly addGenerationPrompt?: boolean
  /** Further variables that a template knows, such as `enable_thinking`. */
  readonly variables?: { readonly [name: string]: JsonValue }
}
