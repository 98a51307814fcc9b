/** The tools that commands lend to agents: those of MCP servers and of an index, each with what its calls need before they run. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { ArgsDef } from 'citty'
import * as z from 'zod'
import { validateStandard } from '../constrain/standard-schema.ts'
import { createPassageIndex, searchTool } from '../retrieval/index.ts'
import { type ApprovalRules, ruleTools } from '../tools/approval-rules.ts'
import { connectMcp, type McpServer } from '../tools/mcp/index.ts'
import type { Tool } from '../tools/tool.ts'
import { OstroError } from '../util/error.ts'
import { openIndexFile } from './index-options.ts'

export const toolArgs = {
  mcp: {
    type: 'string',
    description: 'Address of an MCP server, or the command that starts one: its tools may be called',
  },
  'mcp-config': { type: 'string', description: 'File with several: {"mcpServers": {"NAME": {"command" or "url": …}}}' },
  index: { type: 'string', description: 'File of an index (ostro index), which may be searched' },
  'allow-tools': {
    type: 'string',
    description: 'Tools whose calls run without asking, with commas between; * for all',
  },
  'deny-tools': { type: 'string', description: 'Tools that are not even shown to the model' },
} as const satisfies ArgsDef

export interface ToolFlags {
  readonly mcp?: string | undefined
  readonly 'mcp-config'?: string | undefined
  readonly index?: string | undefined
  readonly 'allow-tools'?: string | undefined
  readonly 'ask-tools'?: string | undefined
  readonly 'deny-tools'?: string | undefined
}

export interface OpenTools extends AsyncDisposable {
  readonly tools: readonly Tool[]
}

const names = z.array(z.string().min(1)).optional()
const rules = { allow: names, ask: names, deny: names }
const texts = z.record(z.string(), z.string()).optional()
const configSchema = z.strictObject({
  mcpServers: z.record(
    z.string().regex(/^[A-Za-z0-9-]{1,32}$/, 'a name of 1 to 32 letters, digits and - expected'),
    z.union([
      z.strictObject({
        command: z.string().min(1),
        args: z.array(z.string()).optional(),
        env: texts,
        cwd: z.string().optional(),
        ...rules,
      }),
      z.strictObject({ url: z.url(), headers: texts, ...rules }),
    ]),
  ),
})

/**
 * Connects what the flags name. Tools of a configured server `files` are called `files_…`; its rules name them as the server does.
 * @param own tools that are there anyway; flags may rule them too
 * @throws OstroError `invalid-argument`, `not-found`, `network`, `store-unavailable`
 */
export async function openTools(flags: ToolFlags, own: readonly Tool[] = []): Promise<OpenTools> {
  const open = new AsyncDisposableStack()
  try {
    const tools = [...own]
    if (flags.mcp !== undefined) tools.push(...open.use(await connectMcp(serverOf(flags.mcp))).tools)
    for (const [name, { allow, ask, deny, ...server }] of Object.entries(await readConfig(flags['mcp-config']))) {
      const connection = open.use(await connectMcp(definedParts(server), { prefix: `${name}_` }))
      const shown = new Map([...connection.names].map(([seen, theirs]) => [theirs, seen]))
      const translated = (list: readonly string[] | undefined) => list?.map((one) => shown.get(one) ?? one)
      const ruling = { allow: translated(allow), ask: translated(ask), deny: translated(deny) }
      tools.push(...ruleTools(connection.tools, ruling))
    }
    if (flags.index !== undefined) {
      if (!existsSync(flags.index)) {
        const message = `index: no file ${flags.index}. Make one with ostro index FOLDER --index ${flags.index}.`
        throw new OstroError('not-found', message, { file: flags.index })
      }
      tools.push(searchTool(open.use(createPassageIndex(openIndexFile(flags.index)))))
    }
    const ruled = ruleTools(tools, rulesOf(flags))
    return { tools: ruled, [Symbol.asyncDispose]: () => open.disposeAsync() }
  } catch (error) {
    await open.disposeAsync()
    throw error
  }
}

function rulesOf(flags: ToolFlags): ApprovalRules {
  const list = (text: string | undefined) => text?.split(',').map((name) => name.trim())
  return { allow: list(flags['allow-tools']), ask: list(flags['ask-tools']), deny: list(flags['deny-tools']) }
}

function serverOf(text: string): McpServer {
  if (/^https?:/.test(text)) return { url: text }
  const [command = '', ...args] = text.trim().split(/\s+/)
  return { command, args }
}

type Configured = z.infer<typeof configSchema>['mcpServers']

async function readConfig(file: string | undefined): Promise<Configured> {
  if (file === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `--mcp-config: a file of JSON expected, ${file} cannot be read: ${reason}.`
    throw new OstroError('invalid-argument', message, { file }, { cause })
  }
  const { mcpServers } = (await validateStandard(configSchema, value)) as z.infer<typeof configSchema>
  return mcpServers
}

/** Without what is undefined. */
function definedParts(server: object): McpServer {
  return Object.fromEntries(Object.entries(server).filter(([, value]) => value !== undefined)) as unknown as McpServer
}
