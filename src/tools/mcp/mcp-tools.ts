/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Tools of MCP servers as tools of a model (Model Context Protocol, https://modelcontextprotocol.io). Speaks the revision of 2026-07-28
 * and, with servers that don't, the handshake of 2025.
 */
import { Client, type Transport } from '@modelcontextprotocol/client'
import { OstroError } from '../../util/error.ts'
import type { JsonSchema } from '../../util/json.ts'
import { type Tool, tool } from '../tool.ts'
import { safeNames } from './safe-names.ts'

export interface McpOptions {
  /** Put before each tool's name, so that two servers' tools keep apart. Default none. */
  readonly prefix?: string
  /**
   * Whether calls of a tool go through the loop's `approve`. Default: those that their server does not call read-only; what a server says
   * of itself is a hint, not a proof.
   */
  readonly needsApproval?: (tool: McpToolInfo) => boolean
  /** Milliseconds for the handshake. Default 10,000. */
  readonly connectTimeoutMs?: number
}

export interface McpToolInfo {
  /** As the server calls it. */
  readonly name: string
  readonly readOnly: boolean
}

export interface McpConnection extends AsyncDisposable {
  readonly tools: readonly Tool[]
  /** The server's own name of each tool, by the name that the model sees. */
  readonly names: ReadonlyMap<string, string>
  /** What the server says about its use, for a system prompt. */
  readonly instructions: string | undefined
  /** Ends the connection, and the server where it was started for it. */
  close(): Promise<void>
}

const defaultConnectTimeoutMs = 10_000

/**
 * Connects over any transport and lists the tools.
 * @throws OstroError `network` when the server cannot be reached or does not speak the protocol
 */
export async function connectTransport(transport: Transport, options: McpOptions = {}): Promise<McpConnection> {
  const { prefix = '', needsApproval = ({ readOnly }) => !readOnly, connectTimeoutMs: timeout } = options
  const client = new Client({ name: 'ostro', version: '0.1.0' }, { versionNegotiation: { mode: 'auto' } })
  try {
    await client.connect(transport, { timeout: timeout ?? defaultConnectTimeoutMs })
    const { tools: listed } = await client.listTools()
    const names = safeNames(
      listed.map(({ name }) => name),
      prefix,
    )
    const tools = listed.map(({ name, description, inputSchema, annotations }, index) =>
      tool({
        name: names[index],
        ...(description === undefined ? {} : { description }),
        input: inputSchema as JsonSchema,
        needsApproval: needsApproval({ name, readOnly: annotations?.readOnlyHint === true }),
        run: async (input, { signal }) =>
          outputOf(await client.callTool({ name, arguments: input as Record<string, unknown> }, { signal })),
      }),
    )
    const close = () => client.close()
    return {
      tools,
      names: new Map(listed.map(({ name }, index) => [names[index], name])),
      instructions: client.getInstructions(),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (cause) {
    await client.close()
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OstroError('network', `mcp: the server could not be connected: ${reason}`, {}, { cause })
  }
}

type CallResult = Awaited<ReturnType<Client['callTool']>>

/** Structured content where there is some, else the texts; what is no text is named. @throws Error where the tool failed */
function outputOf({ content, structuredContent, isError }: CallResult): unknown {
  const text = content.map(textOf).join('\n')
  if (isError === true) throw new Error(text)
  return structuredContent ?? text
}

function textOf(part: CallResult['content'][number]): string {
  switch (part.type) {
    case 'text':
      return part.text
    case 'image':
    case 'audio':
      return `[${part.type} ${part.mimeType}, not shown]`
    case 'resource_link':
      return `[resource ${part.uri}]`
    case 'resource':
      return 'text' in part.resource ? part.resource.text : `[resource ${part.resource.uri}, not shown]`
    default:
      return part satisfies never
  }
}
