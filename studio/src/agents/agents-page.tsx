/** Agents: they try, judge and try again, and the page shows how. */
import { RunPage } from '../runs/run-page.tsx'
import { AgentResult } from './agent-result.tsx'
import { agentRuns } from './agent-store.ts'
import { agentExamples } from './examples.ts'

export function AgentsPage() {
  return (
    <RunPage
      tab="agents"
      label="Agents"
      runs={agentRuns}
      examples={agentExamples}
      renderRun={(run) => <AgentResult run={run} />}
    />
  )
}
