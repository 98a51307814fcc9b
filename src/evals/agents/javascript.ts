/** The JavaScript tasks as a benchmark: reflexion with each memory, with tests of its own, and the plain methods, by the hidden grader. */
import { bestOfN } from '../../agents/best-of-n.ts'
import { codePrompt, type CodeTask } from '../../agents/reflexion/code-task.ts'
import { createTestBench, readCode, testsVerifier } from '../../agents/reflexion/code-tests.ts'
import { writeCode } from '../../agents/reflexion/write-code.ts'
import { createSandbox } from '../../tools/sandbox/sandbox.ts'
import type { Benchmark, Method } from './benchmark.ts'
import { gradeJavascript } from './grade-javascript.node.ts'
import { javascriptTasks, type JavascriptTaskSet } from './javascript-task-sets.ts'

/** Of each answer. */
const maxTokens = 256
const noLessons = { reflections: [], lastAttempt: undefined }

export function javascriptBenchmark(set: JavascriptTaskSet): Benchmark {
  const tasks = javascriptTasks[set]
  return {
    name: set === 'held-back' ? 'javascript-held-back' : 'javascript',
    description: `Write a JavaScript function; ${tasks.length} tasks, hidden tests in another process judge.`,
    baseline: 'best-of-n',
    // The first of them, however many, have their share of misleading ones.
    items: (count) =>
      spreadMisleading(tasks)
        .slice(0, count)
        .map((task) => ({
          id: task.id,
          methods: methodsFor(task),
          grade: async (candidate, signal) => {
            const source = typeof candidate === 'string' ? candidate : ''
            return (await gradeJavascript({ set, id: task.id, source }, signal)).passed ? 1 : 0
          },
        })),
  }
}

function methodsFor(task: CodeTask): Record<string, Method> {
  const reflexionWith =
    (more: Parameters<typeof writeCode>[2]): Method =>
    (model, options) =>
      writeCode(model, task, { ...options, maxTokens, trials: 100, ...more })
  return {
    single: (model, options) => plain(task, 1)(model, options),
    'best-of-n': plain(task, 100),
    'reflexion-none': reflexionWith({ memoryMode: 'none' }),
    'reflexion-last-attempt': reflexionWith({ memoryMode: 'last-attempt' }),
    reflexion: reflexionWith({ memoryMode: 'reflexion' }),
    'reflexion-both': reflexionWith({ memoryMode: 'both' }),
    'reflexion-self-tests': reflexionWith({ memoryMode: 'reflexion', selfTests: true }),
  }
}

/** One sample after the other until the examples pass, or the budget is reached. */
function plain(task: CodeTask, samples: number): Method {
  return async function* (model, options) {
    using sandbox = createSandbox()
    const verifier = testsVerifier(createTestBench(sandbox, task.examples ?? []))
    const { prompt, stop } = codePrompt(model, task, noLessons)
    yield* bestOfN(model, prompt, { ...options, verifier, parse: readCode, samples, maxTokens, stop })
  }
}

/** Evenly among the others. */
function spreadMisleading<Task extends { readonly misleading: boolean }>(tasks: readonly Task[]): Task[] {
  const places = [true, false].flatMap((misleading) => {
    const kind = tasks.filter((task) => task.misleading === misleading)
    return kind.map((task, at) => ({ task, place: (at + 0.5) / kind.length }))
  })
  return places.sort((one, other) => one.place - other.place).map(({ task }) => task)
}
