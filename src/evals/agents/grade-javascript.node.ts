/**
 * The hidden grader of the JavaScript tasks. It is another process, started when a run has ended, so that nothing of a hidden test is in the
 * memory of what the agent runs in: graders that search can reach have ended searches before (defect D2 of the LATS paper's code).
 */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { OstroError } from '../../util/error.ts'
import type { JavascriptTaskSet } from './javascript-task-sets.ts'

export interface GradeRequest {
  readonly set: JavascriptTaskSet
  readonly id: string
  readonly source: string
}

/** No feedback: nothing of the tests leaves the process. */
export interface Grade {
  readonly passed: boolean
  /** Share of the hidden tests that pass. */
  readonly score: number
}

/** @throws OstroError `device` where the process failed; the reason of `signal` */
export async function gradeJavascript(request: GradeRequest, signal?: AbortSignal): Promise<Grade> {
  signal?.throwIfAborted()
  const file = `./grade-javascript-worker.node${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`
  const entry = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, ['--disallow-code-generation-from-strings', entry], { env: {}, signal })
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  child.stdin.end(JSON.stringify(request))
  const ended = Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  const [output, problem, code] = await Promise.race([ended, failed])
  if (code === 0) return JSON.parse(output) as Grade
  const reason = problem.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? problem.trim()
  throw new OstroError('device', `grader: its process ended with ${code}: ${reason}`, { id: request.id })
}
