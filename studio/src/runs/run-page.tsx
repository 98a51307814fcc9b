/** A page of tasks or of agents: what there is, the form of the chosen one, and what its run comes to. */
import { type ReactNode, useEffect } from 'react'
import type { Step } from '../api/steps.ts'
import { useAddress } from '../app/address.ts'
import { FailureCard } from '../app/failure-card.tsx'
import { PageHead } from '../app/page-head.tsx'
import { ServerNotice } from '../app/server-notice.tsx'
import { shellStore } from '../app/shell-store.ts'
import { useShortcuts } from '../app/shortcuts.ts'
import { useStore } from '../app/store.ts'
import { Icon } from '../ui/icons.tsx'
import { exampleForm, type ExampleForm } from './example-form.ts'
import { labelOf } from './form-fields.ts'
import { RunFacts } from './run-facts.tsx'
import { RunSettingsPanel } from './run-settings.tsx'
import { emptyForm, type RunStore, type StepRun } from './run-store.ts'
import { StepFormView } from './step-form.tsx'
import './run-page.css'

interface RunPageProps {
  /** `tasks` or `agents`; also the page's address. */
  readonly tab: string
  readonly label: string
  readonly runs: RunStore
  readonly examples: Readonly<Record<string, ExampleForm>>
  readonly renderRun: (run: StepRun, step: Step) => ReactNode
}

export function RunPage({ tab, label, runs, examples, renderRun }: RunPageProps) {
  const { rest } = useAddress()
  const state = useStore(runs.store, (whole) => whole)
  const settingsOpen = useStore(shellStore, (shell) => shell.settingsOpen)
  useEffect(() => void runs.refresh(), [runs])
  const step = state.steps?.find(({ name }) => name === rest) ?? state.steps?.[0]
  const run = step && state.runs[step.name]
  const form = (step && state.forms[step.name]) ?? emptyForm
  const example = step && examples[step.name]
  const running = run?.status === 'running'
  useShortcuts([
    { keys: 'Mod+Enter', label: 'Run', inFields: true, run: () => step && void runs.start(step) },
    { keys: 'Escape', label: 'Stop the run', inFields: true, run: () => step && runs.stop(step.name) },
  ])
  return (
    <div className="page">
      <section className="page-main" aria-label={label}>
        <PageHead model={state.settings.model} onModel={(model) => runs.changeSettings({ model })}>
          {null}
        </PageHead>
        <ServerNotice />
        <div className="run-scroll scrolling" data-tab={tab}>
          <nav className="step-chips" aria-label={label}>
            {state.steps?.map(({ name }) => (
              <a key={name} href={`#/${tab}/${name}`} aria-current={name === step?.name ? 'page' : undefined}>
                {labelOf(name)}
                {state.runs[name]?.status === 'running' && <span className="step-chip-dot" aria-label="running" />}
              </a>
            ))}
          </nav>
          {state.failure && (
            <div className="run-column">
              <FailureCard failure={state.failure} onRetry={() => void runs.refresh()} />
            </div>
          )}
          {step && (
            <div className="run-columns">
              <form
                className="run-form"
                aria-label={labelOf(step.name)}
                onSubmit={(event) => {
                  event.preventDefault()
                  void runs.start(step)
                }}
              >
                <h1>{labelOf(step.name)}</h1>
                <p className="run-description">{step.description}</p>
                <StepFormView step={step} form={form} runs={runs} />
                <div className="run-actions">
                  {running ? (
                    <button type="button" className="button button-primary" onClick={() => runs.stop(step.name)}>
                      <Icon name="stop" size={16} /> Stop
                    </button>
                  ) : (
                    <button type="submit" className="button button-primary" disabled={!step.allowed}>
                      <Icon name="play" size={16} /> Run
                    </button>
                  )}
                  {example !== undefined && (
                    <button
                      type="button"
                      className="button button-quiet"
                      onClick={() => runs.fill(step.name, exampleForm(step, form, example))}
                    >
                      Example
                    </button>
                  )}
                  <button
                    type="button"
                    className="button button-quiet"
                    onClick={() => runs.fill(step.name, { input: {}, config: {} })}
                  >
                    Clear
                  </button>
                </div>
                {!step.allowed && (
                  <p className="step-field-hint">
                    This server does not run it: it executes code that a model wrote. Start the server with
                    “--allow-sandbox”.
                  </p>
                )}
              </form>
              <section className="run-result" aria-label="Result" aria-busy={running}>
                {run === undefined ? (
                  <p className="run-empty">What it comes to stands here.</p>
                ) : (
                  <>
                    <RunFacts run={run} />
                    {renderRun(run, step)}
                    {run.failure && <FailureCard failure={run.failure} onRetry={() => void runs.start(step)} />}
                  </>
                )}
              </section>
            </div>
          )}
        </div>
      </section>
      {settingsOpen && (
        <RunSettingsPanel settings={state.settings} limits={state.limits} onChange={runs.changeSettings} />
      )}
    </div>
  )
}
