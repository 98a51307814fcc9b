/** Tasks: summarise, classify, translate, … each with a form and a view of its own for what it comes to. */
import { RunPage } from '../runs/run-page.tsx'
import { taskExamples } from './examples.ts'
import { TaskResult } from './task-result.tsx'
import { taskRuns } from './task-store.ts'

export function TasksPage() {
  return (
    <RunPage
      tab="tasks"
      label="Tasks"
      runs={taskRuns}
      examples={taskExamples}
      renderRun={(run, step) => <TaskResult run={run} name={step.name} />}
    />
  )
}
