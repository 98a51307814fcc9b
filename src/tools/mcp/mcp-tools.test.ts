import { fileURLToPath } from 'node:url'
import { createMcpHandler } from '@modelcontextprotocol/server'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createServer } from '../../../test/support/mcp-server.ts'
import type { Tool } from '../tool.ts'
import { connectMcp } from './connect.ts'
import { safeNames } from './safe-names.ts'

const context = { callId: 'call_0', signal: new AbortController().signal }
const program = fileURLToPath(new URL('../../../test/support/mcp-server.ts', import.meta.url))
const run = async (tool: Tool | undefined, input: unknown): Promise<unknown> => tool?.run(input as never, context)

describe('connectMcp', () => {
  it('offers the tools of a server over HTTP', async () => {
    const handler = createMcpHandler(createServer)
    const fetchFrom = ((url, init) => handler.fetch(new Request(url as string, init))) as typeof fetch
    await using connection = await connectMcp({ url: 'http://mcp.test/mcp', fetch: fetchFrom }, { prefix: 'calc_' })
    const [add, failing] = connection.tools
    expect([...connection.names]).toEqual([
      ['calc_math_add', 'math.add'],
      ['calc_math_add_2', 'math_add'],
    ])
    expect(connection.instructions).toBe('Adds numbers.')
    expect(add?.function.parameters).toMatchObject({ type: 'object', required: ['a', 'b'] })
    expect([add?.needsApproval, failing?.needsApproval]).toEqual([false, true])
    expect(await run(add, { a: 2, b: 40 })).toBe('42')
    await expect(run(failing, {})).rejects.toThrow('out of numbers')
  })

  it.each(['modern', 'legacy'])('starts a %s server as a program', async (generation) => {
    await using connection = await connectMcp({ command: process.execPath, args: [program, generation] })
    expect(await run(connection.tools[0], { a: 2, b: 40 })).toBe('42')
  })

  it('says why a server cannot be connected', async () => {
    await expect(connectMcp({ url: 'nowhere' })).rejects.toMatchObject({ code: 'invalid-argument' })
    await expect(connectMcp({ command: '/no/such/program' })).rejects.toMatchObject({ code: 'network' })
  })
})

it('gives every name a safe one of its own', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ maxLength: 90 }), { maxLength: 30 }),
      fc.string({ maxLength: 8 }),
      (names, prefix) => {
        const safe = safeNames(names, prefix)
        expect(new Set(safe).size).toBe(names.length)
        for (const name of safe) expect(name).toMatch(/^[a-zA-Z0-9_-]{0,64}$/)
      },
    ),
  )
})
