/** Tools for agents out of an operator's file, with a server of MCP as a process. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TemporaryFolder, temporaryFolder } from '../../test/support/temporary.ts'
import { calculateTool } from '../agents/calculate.ts'
import { createPassageIndex, openSqliteStore } from '../retrieval/index.ts'
import { openTools } from './agent-tools.ts'

const program = fileURLToPath(new URL('../../test/support/mcp-server.ts', import.meta.url))
const server = { command: process.execPath, args: [program, 'modern'] }

let folder: TemporaryFolder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder[Symbol.asyncDispose]())

async function configured(content: unknown): Promise<{ 'mcp-config': string }> {
  const file = join(folder.path, 'mcp.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return { 'mcp-config': file }
}

const namesOf = (tools: Awaited<ReturnType<typeof openTools>>) =>
  tools.tools.map(({ function: { name }, needsApproval }) => `${name}${needsApproval === true ? '?' : ''}`)

describe('openTools', () => {
  it('gives each server’s tools its name, and keeps what changes something behind a question', async () => {
    await using open = await openTools(await configured({ mcpServers: { sums: server } }), [calculateTool])
    const [own, reading, changing] = namesOf(open)
    expect([own, reading]).toEqual(['calculate', 'sums_math_add'])
    expect(changing).toMatch(/^sums_math_add_.+\?$/)
  })

  it('follows the rules of the file, by the server’s own names, and those of the flags', async () => {
    const file = await configured({ mcpServers: { sums: { ...server, allow: ['math_add'], deny: ['math.add'] } } })
    await using open = await openTools(file)
    expect(namesOf(open)).toEqual([expect.stringMatching(/^sums_math_add_[^?]+$/)])
    await using asked = await openTools({ 'ask-tools': 'calculate' }, [calculateTool])
    expect(namesOf(asked)).toEqual(['calculate?'])
    await using denied = await openTools({ 'deny-tools': '*' }, [calculateTool])
    expect(namesOf(denied)).toEqual([])
  })

  it.each([
    ['{', 'a file of JSON expected'],
    [{ mcpServers: { sums: { ...server, deny: ['nothing'] } } }, 'to deny expected, got nothing'],
    [{ mcpServers: { 'a b': server } }, 'mcpServers'],
    [{ mcpServers: { sums: { ...server, shell: true } } }, 'mcpServers'],
  ])('refuses %j', async (content, message) => {
    const file = await configured(content)
    await expect(openTools(file)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(message) as string,
    })
  })

  it('searches an index', async () => {
    const file = join(folder.path, 'notes.sqlite')
    {
      using index = createPassageIndex(openSqliteStore(file))
      await index.add([{ path: 'bees.md', text: 'Bees dance to tell others where flowers bloom.' }])
    }
    await using open = await openTools({ index: file })
    const context = { callId: 'a', signal: new AbortController().signal }
    expect(await open.tools[0]?.run({ query: 'where do bees dance' } as never, context)).toMatch(
      /^bees\.md, lines 1 to 1:\nBees dance/,
    )
    await expect(openTools({ index: join(folder.path, 'none') })).rejects.toMatchObject({ code: 'not-found' })
  })
})
