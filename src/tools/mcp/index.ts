/** `ostro/mcp`: tools of MCP servers over HTTP; in Node also of servers that are started as programs. */
export { connectMcp, type McpServer } from './connect.ts'
export type { McpConnection, McpOptions, McpToolInfo } from './mcp-tools.ts'
