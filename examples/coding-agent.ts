/**
 * A coding agent: `node examples/coding-agent.ts [FUNCTION DESCRIPTION CALL=VALUE ...]`. The model writes a JavaScript function, the sandbox runs
 * it against the examples, a reflection says why it failed, and the model tries again. All of it is printed while it happens.
 */
import { pathToFileURL } from 'node:url'
import { type CodeTask, writeCode, type WriteCodeOptions } from '../src/agents/index.ts'
import { type LanguageModel, load } from '../src/index.ts'

const sumTask: CodeTask = {
  functionName: 'add',
  description: 'Gives the sum of the numbers a and b.',
  examples: [
    { call: 'add(1, 2)', expected: '3' },
    { call: 'add(-1, 1)', expected: '0' },
  ],
}

/** Writes the function and tells every step; the best source, and whether it passes. */
export async function showCoding(
  model: LanguageModel,
  task: CodeTask,
  print: (text: string) => void,
  options: WriteCodeOptions = {},
): Promise<{ readonly source: string | undefined; readonly passed: boolean }> {
  for await (const event of writeCode(model, task, { maxTokens: 160, ...options })) {
    if (event.type === 'round-start') print(`\n── trial ${event.round + 1}\n`)
    if (event.type === 'text-delta') print(event.text)
    if (event.type === 'verdict-add')
      print(`\n── tests: ${event.verdict.passed ? 'all pass' : event.verdict.feedback}\n`)
    if (event.type === 'reflection-add') print('\n── this is what the next trial reads\n')
    if (event.type !== 'run-end') continue
    const { best, verdict, reason, spent } = event.result
    print(`\n── ${reason}: ${spent.modelCalls} answers, ${spent.tokensSeen} tokens\n${best ?? ''}\n`)
    return { source: best, passed: verdict?.passed ?? false }
  }
  return { source: undefined, passed: false }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [functionName, description, ...examples] = process.argv.slice(2)
  const given = examples.map((example) => {
    const [call = '', expected = ''] = example.split(/=(?=[^=]*$)/)
    return { call, expected }
  })
  const task = functionName && description ? { functionName, description, examples: given } : sumTask
  await using model = await load('smollm2:135m')
  const { passed } = await showCoding(model, task, (text) => process.stdout.write(text))
  process.exitCode = passed ? 0 : 1
}
