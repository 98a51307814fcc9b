/** The tools that a server lends to agents: those that it always has, and the operator's, as far as they run without a person's approval. */
import { calculateTool } from '../../agents/calculate.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { OstroError } from '../../util/error.ts'

/** @param now milliseconds since 1970 */
export const clockTool = (now: () => number = Date.now): Tool =>
  tool({
    name: 'current_time',
    description: 'The date and the time now, in UTC, and the day of the week.',
    run: () => {
      const date = new Date(now())
      const day = date.toLocaleDateString('en-GB', { weekday: 'long', timeZone: 'UTC' })
      return { time: date.toISOString(), day }
    },
  })

/**
 * Nobody is there to approve the calls of a request, so tools that need it are not lent.
 * @throws OstroError `invalid-argument` for two tools of one name
 */
export function lentTools(tools: readonly Tool[] = []): readonly Tool[] {
  const lent = [calculateTool, clockTool(), ...tools].filter(({ needsApproval }) => needsApproval !== true)
  const names = new Set<string>()
  for (const { function: definition } of lent) {
    const { name } = definition
    if (names.has(name)) {
      const message = `tools: each name once expected, got ${name} twice. Give the server that has it a prefix.`
      throw new OstroError('invalid-argument', message, { name })
    }
    names.add(name)
  }
  return lent
}
