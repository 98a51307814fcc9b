/** The grader's process: reads one request as JSON from its input, runs the hidden tests in the sandbox, writes the grade as JSON. */
import { text } from 'node:stream/consumers'
import { createTestBench, verdictOf } from '../../agents/reflexion/code-tests.ts'
import { createSandbox } from '../../tools/sandbox/sandbox.ts'
import { OstroError } from '../../util/error.ts'
import type { Grade, GradeRequest } from './grade-javascript.node.ts'
import { hiddenTests } from './javascript-hidden-tests.ts'

const { set, id, source } = JSON.parse(await text(process.stdin)) as GradeRequest
const hidden = hiddenTests[set].find((task) => task.id === id)
if (hidden === undefined) throw new OstroError('not-found', `grader: a task of ${set} expected, got ${id}.`, { id })
using sandbox = createSandbox()
const results = await createTestBench(sandbox, hidden.tests).run(source)
const { passed, score } = verdictOf(results)
process.stdout.write(JSON.stringify({ passed, score } satisfies Grade))
