/** ostro agent as a process, over a model on another machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, type FaultyServer, startFaultyServer } from '../../test/support/faulty-server.ts'
import { type TemporaryFolder, temporaryFolder } from '../../test/support/temporary.ts'
import { agentSteps } from '../agents/steps/index.ts'
import { members } from './commands/agent.ts'
import { readVerifiers } from './verifier-flag.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
let folder: TemporaryFolder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder[Symbol.asyncDispose]())

function start(args: readonly string[], input = '') {
  const env = { PATH: process.env['PATH'], OSTRO_HOME: folder.path, NO_COLOR: '1' }
  const child = spawn(process.execPath, [program, 'agent', ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input)
  const result = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [code]]) => ({ stdout, stderr, code: code as number | null }),
  )
  return { child, result }
}

/** Drafts of one word more each; a critique where one is asked for. */
function writer(faults: Readonly<Record<number, Fault>> = {}): Promise<FaultyServer> {
  let drafts = 0
  const critique = '{"issues":[{"quote":"word","problem":"Too short.","fix":"Write more."}],"score":4}'
  return startFaultyServer(
    (body) => (body.response_format === undefined ? 'word '.repeat(++drafts).trim() : critique),
    faults,
  )
}
const remote = (server: FaultyServer) => ['--remote', server.baseUrl, '--model', 'strong']
const reflecting = (server: FaultyServer, verifier: string) => {
  return ['reflection', 'Write.', ...remote(server), '--verifier', verifier]
}

describe('ostro agent', () => {
  it('shows how it goes on standard error and prints the best on standard output', async () => {
    await using server = await writer()
    const { stdout, stderr, code } = await start(reflecting(server, 'words:3-')).result
    expect([code, stdout]).toEqual([0, 'word word word\n'])
    expect(stderr).toContain('Round 3')
    expect(stderr).toContain('score 0.67: It has 2 words, write at least 3.')
    expect(stderr).toContain('- "word": Too short.')
    expect(stderr).toContain('passed · score 1.00 · verified · 5 calls')
  })

  it('prints events with --json, and keeps a trace without the pieces of texts', async () => {
    await using server = await writer()
    const trace = join(folder.path, 'trace.jsonl')
    const args = ['best-of-n', '-', ...remote(server), '--samples', '2', '--json', '--trace', trace]
    const { stdout, code } = await start(args, 'Write.\n').result
    const types = (lines: string) =>
      lines
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type)
    expect(code).toBe(0)
    expect(types(stdout)[0]).toBe('run-start')
    expect(types(stdout).slice(-2)).toEqual(['run-end', 'step-output'])
    const kept = types(await readFile(trace, 'utf8'))
    expect(kept.filter((type) => type === 'text-delta')).toHaveLength(2)
    expect(kept.slice(-2)).toEqual(['run-end', 'step-output'])
  })

  it('has another model judge', async () => {
    await using server = await writer()
    await using critic = await startFaultyServer(() => '{"issues":[],"score":10}')
    const args = ['reflection', 'Write.', ...remote(server), '--critic-remote', critic.baseUrl, '--critic', 'judge']
    expect(await start(args).result).toMatchObject({ code: 0, stdout: 'word\n' })
    expect([server.requests(), critic.requests()]).toEqual([1, 1])
  })

  it('prints the best so far when the model fails, and says what has failed', async () => {
    await using server = await writer({ 2: 'cut' })
    const { stdout, stderr, code } = await start(reflecting(server, 'words:9-')).result
    expect([code, stdout]).toEqual([4, 'word\n'])
    expect(stderr).toContain('ended before its answer did')
  })

  it('prints the best so far at Ctrl-C', async () => {
    await using server = await writer()
    const { child, result } = start([...reflecting(server, 'words:99-'), '--rounds', '100'])
    child.stderr.on('data', (data: Uint8Array) => {
      if (Buffer.from(data).includes('Round 3')) child.kill('SIGINT')
    })
    const { stdout, stderr, code } = await result
    expect(code).toBe(130)
    expect(stdout).toMatch(/^word word( word)*\n$/)
    expect(stderr).toContain('cancelled · score 0.')
  })

  it('ends with its budget', async () => {
    await using server = await writer()
    const args = ['reflection', 'Write.', ...remote(server), '--budget', 'modelCalls=3,tokens=100000']
    const { stderr, code } = await start([...args, '--verifier', 'words:99-']).result
    expect(code).toBe(0)
    expect(stderr).toContain('budget-modelCalls')
  })

  it('remembers what it has learnt from one run to the next, unless it is told not to', async () => {
    await using server = await startFaultyServer(() => 'June')
    const run = async (...more: string[]) => {
      const args = ['reflexion', 'Name a month.', ...remote(server), '--verifier', 'contains:May', '--trials', '1']
      const { stdout } = await start([...args, '--json', ...more]).result
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string; reflections?: string[] })
      return events.find(({ type }) => type === 'memory-read')?.reflections
    }
    expect(await run('--memory', 'none')).toEqual([])
    expect(await run()).toEqual([])
    expect(await run()).toEqual(['June'])
    expect(await run('--memory', join(folder.path, 'other', 'memory'))).toEqual([])
  })

  it('goes on with a search that was killed', async () => {
    let child: ReturnType<typeof start>['child'] | undefined
    await using server = await startFaultyServer(({ messages }, index) => {
      if (index === 5) child?.kill('SIGKILL')
      const told = messages.map(({ content }) => content).join('\n')
      const [, first, second] = [...told.matchAll(/Numbers(?: left)?: (-?\d+) (-?\d+)/g)].at(-1) ?? []
      return `${first} ${['+', '-', '*'][index % 3]} ${second}`
    })
    const file = join(folder.path, 'search.sqlite')
    const args = ['lats', '3 5 7 11', ...remote(server), '--resume', file, '--json']
    const killed = start([...args, '--iterations', '50'])
    child = killed.child
    expect((await killed.result).code).toBe(null)
    child = undefined
    const { stdout } = await start([...args, '--iterations', '25']).result
    const created = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; node: number })
    expect(created.find(({ type }) => type === 'node-create')?.node).toBeGreaterThan(1)
    const other = await start(['lats', '1 2 3 4', ...remote(server), '--resume', file]).result
    expect([other.code === 0, other.stderr]).toEqual([false, expect.stringContaining('a search of another task')])
  })

  it.each(agentSteps.map(({ name }) => name))('%s has the flags of its settings and those of all', async (name) => {
    const { command } = await (members[name] as (typeof members)[string]).load()
    expect(Object.keys(command.args)).toEqual(expect.arrayContaining(['task', 'budget', 'trace', 'remote', 'json']))
  })
})

describe('wrong use', () => {
  it.each([
    [['nonsense', 'x'], 2, 'expected one of'],
    [['loop', ''], 2, 'the task is empty'],
    [['loop', 'x', '--max-steps', '0'], 2, '--max-steps: '],
    [['loop', 'x', '--budget', 'dollars=3'], 2, 'tokens, wallMs'],
    [['loop', 'x', '--budget', 'tokens=0'], 2, 'above 0'],
    [['loop', 'x', '--verifier', 'regex:/(/'], 2, 'regular expression'],
    [['loop', 'x', '--trace', '/no/such/folder/trace', '--remote', 'http://127.0.0.1:1/v1'], 1, '/no/such/folder'],
    [['loop', 'x', '--remote', 'http://127.0.0.1:1/v1'], 4, 'cannot be reached'],
  ])('%j exits with %i', async (args, expected, message) => {
    const { stdout, stderr, code } = await start(args).result
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('    at ')
  })

  it.each([
    ['nonsense', 'invalid-argument', 'contains:TEXT'],
    ['words:many', 'invalid-argument', 'words:100-200'],
    ['contains:', 'invalid-argument', 'contains:TEXT'],
    ['rubric:no-such-file', 'not-found', 'no-such-file'],
  ])('--verifier %s is refused', async (verifier, errorCode, message) => {
    const refusal = { code: errorCode, message: expect.stringContaining(message) as string }
    await expect(readVerifiers(verifier)).rejects.toMatchObject(refusal)
  })

  it('reads rubrics and schemas from files, several checks at once', async () => {
    await using server = await startFaultyServer(() => '{"a": 1}')
    const [rubric, schema] = [join(folder.path, 'rubric.json'), join(folder.path, 'schema.json')]
    await writeFile(rubric, JSON.stringify({ required: ['a'], forbidden: ['b'], words: { most: 5 } }))
    await writeFile(schema, JSON.stringify({ type: 'object', properties: { a: { type: 'integer' } } }))
    const verifier = `rubric:${rubric} && json-schema:${schema} && regex:/^\\{/ && contains:1`
    const run = start(['best-of-n', 'x', ...remote(server), '--verifier', verifier, '--json'])
    const last = JSON.parse((await run.result).stdout.trim().split('\n').at(-1) ?? '') as unknown
    expect(last).toMatchObject({ output: { verified: true, reason: 'passed', verdict: { score: 1 } } })
    await writeFile(rubric, '{"required": 3}')
    await expect(readVerifiers(`rubric:${rubric}`)).rejects.toThrow('required')
  })
})
