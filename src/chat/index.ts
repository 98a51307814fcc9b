/** Chat messages to text: templates of models, rendered under limits. */
export type { ChatMessage, ContentPart, JsonValue, TemplateInput, ToolCall, ToolDefinition } from './message.ts'
export { createTemplateRenderer, type TemplateOptions, type TemplateRenderer } from './template.ts'
