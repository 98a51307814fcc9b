/** MCP servers for tests, in both generations of the protocol; as a program it serves its standard input and output. */
import { McpServer as LegacyServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import * as z from 'zod'

const input = { a: z.number(), b: z.number() }
const add = ({ a, b }: { a: number; b: number }) => ({ content: [{ type: 'text' as const, text: String(a + b) }] })
const readOnly = { readOnlyHint: true }

export function createServer(): McpServer {
  const server = new McpServer({ name: 'calculator', version: '1.0.0' }, { instructions: 'Adds numbers.' })
  server.registerTool('math.add', { inputSchema: z.object(input), annotations: readOnly }, add)
  server.registerTool('math_add', { description: 'Fails.', inputSchema: z.object({}) }, () => ({
    content: [{ type: 'text', text: 'out of numbers' }],
    isError: true,
  }))
  return server
}

function createLegacyServer(): LegacyServer {
  const server = new LegacyServer({ name: 'calculator', version: '0.9.0' })
  server.registerTool('math.add', { inputSchema: input, annotations: readOnly }, add)
  return server
}

if (process.argv[2] === 'modern') serveStdio(createServer)
if (process.argv[2] === 'legacy') await createLegacyServer().connect(new StdioServerTransport())
