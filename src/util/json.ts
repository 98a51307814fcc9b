/** A value as JSON has it. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** A JSON schema that is no mere `true` or `false`. */
export type JsonSchema = { readonly [keyword: string]: JsonValue }
