/** MCP servers that are programs: started with the connection, ended with it. */
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { McpServer } from './connect.ts'

export function createStdioTransport({ command, args, env, cwd }: Extract<McpServer, { command: string }>) {
  return new StdioClientTransport({
    command,
    args: [...(args ?? [])],
    ...(env === undefined ? {} : { env: { ...env } }),
    ...(cwd === undefined ? {} : { cwd }),
    // Its messages are its own; what goes wrong comes as an error of the call.
    stderr: 'ignore',
  })
}
