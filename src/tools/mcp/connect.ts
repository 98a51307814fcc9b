/** Where an MCP server is, and the way to it. */
import { StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { OstroError } from '../../util/error.ts'
import { connectTransport, type McpConnection, type McpOptions } from './mcp-tools.ts'

export type McpServer =
  | {
      readonly url: string
      /** Sent with each request, such as `authorization`. */
      readonly headers?: Readonly<Record<string, string>>
      /** Default: the global one. */
      readonly fetch?: typeof fetch
    }
  /** A program that speaks the protocol on its standard input and output; Node only. */
  | {
      readonly command: string
      readonly args?: readonly string[]
      readonly env?: Readonly<Record<string, string>>
      readonly cwd?: string
    }

/**
 * Connects to a server and lists its tools.
 * @throws OstroError `invalid-argument` for a malformed address, `network` when the server cannot be reached
 * @example
 * await using files = await connectMcp({ command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '.'] })
 * for await (const event of model.chat(messages, { tools: files.tools, approve: () => true })) console.log(event)
 */
export async function connectMcp(server: McpServer, options: McpOptions = {}): Promise<McpConnection> {
  return connectTransport(await transportTo(server), options)
}

async function transportTo(server: McpServer): Promise<Transport> {
  if ('command' in server) {
    const { createStdioTransport } = await import('./stdio.node.ts')
    return createStdioTransport(server)
  }
  if (!URL.canParse(server.url)) {
    throw new OstroError(
      'invalid-argument',
      `mcp: an address such as http://127.0.0.1:3000/mcp expected, got ${server.url}.`,
    )
  }
  const { headers, fetch: fetchOverride } = server
  return new StreamableHTTPClientTransport(new URL(server.url), {
    ...(headers === undefined ? {} : { requestInit: { headers: { ...headers } } }),
    ...(fetchOverride === undefined ? {} : { fetch: fetchOverride }),
  })
}
