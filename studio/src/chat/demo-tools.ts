/** Two functions that run in the page itself, so that tool calls can be tried at once. */
import { calculate } from './calculator.ts'
import type { ToolSetting } from './settings.ts'

interface DemoTool extends Omit<ToolSetting, 'enabled' | 'parameters'> {
  readonly parameters: unknown
  /** Gets the parsed arguments; throws with a message for the model. */
  readonly run: (given: Readonly<Record<string, unknown>>) => unknown
}

const demoTools: readonly DemoTool[] = [
  {
    name: 'calculator',
    description: 'Evaluates an arithmetic expression with + - * / ^ % and parentheses.',
    parameters: {
      type: 'object',
      properties: { expression: { type: 'string', description: 'For example (3 + 4) * 12' } },
      required: ['expression'],
      additionalProperties: false,
    },
    run: ({ expression }) => ({ result: calculate(String(expression)) }),
  },
  {
    name: 'clock',
    description: 'Tells the current date and time in a time zone.',
    parameters: {
      type: 'object',
      properties: { time_zone: { type: 'string', description: 'IANA name, for example Europe/Rome' } },
      additionalProperties: false,
    },
    run: ({ time_zone: timeZone }) => {
      const zone = typeof timeZone === 'string' && timeZone !== '' ? timeZone : undefined
      const format = new Intl.DateTimeFormat('en-GB', {
        dateStyle: 'full',
        timeStyle: 'long',
        ...(zone ? { timeZone: zone } : {}),
      })
      return { now: format.format(new Date()) }
    },
  },
]

export const demoToolSettings: readonly ToolSetting[] = demoTools.map(({ name, description, parameters }) => ({
  name,
  description,
  parameters: JSON.stringify(parameters, undefined, 2),
  enabled: true,
}))

export function isDemoTool(name: string): boolean {
  return demoTools.some((tool) => tool.name === name)
}

/** The result as JSON text; undefined where the page has no such function. An error is a result too, so that the model can react. */
export function runDemoTool(name: string, givenJson: string): string | undefined {
  const tool = demoTools.find((candidate) => candidate.name === name)
  if (tool === undefined) return undefined
  try {
    return JSON.stringify(tool.run(JSON.parse(givenJson) as Record<string, unknown>))
  } catch (cause) {
    return JSON.stringify({ error: cause instanceof Error ? cause.message : String(cause) })
  }
}
