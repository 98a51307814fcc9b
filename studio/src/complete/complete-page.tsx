/** Completion: a text goes in, the model continues it in another colour; each token shows its probability and its rivals. */
import { useEffect, useState } from 'react'
import { countTokens } from '../api/models.ts'
import { modelsStore, resolveModel } from '../app/models-store.ts'
import { PageHead } from '../app/page-head.tsx'
import { ServerNotice } from '../app/server-notice.tsx'
import { shellStore } from '../app/shell-store.ts'
import { useShortcuts } from '../app/shortcuts.ts'
import { useStore } from '../app/store.ts'
import { FailureCard } from '../app/failure-card.tsx'
import { Icon } from '../ui/icons.tsx'
import { CompleteSettingsPanel } from './complete-settings.tsx'
import {
  changeCompleteSettings,
  clearText,
  completeStore,
  type CompleteState,
  continueAnew,
  continueText,
  stopCompletion,
  undoContinuation,
} from './complete-store.ts'
import { textOf } from './manuscript.ts'
import { Sheet } from './sheet.tsx'
import './complete-page.css'

export function CompletePage() {
  const state = useStore(completeStore, (whole) => whole)
  const settingsOpen = useStore(shellStore, (shell) => shell.settingsOpen)
  const [shaded, setShaded] = useState(false)
  const { manuscript, running, failure, settings, history } = state
  const text = textOf(manuscript)
  useShortcuts([
    { keys: 'Mod+Enter', label: 'Continue the text', inFields: true, run: () => void continueText() },
    { keys: 'Escape', label: 'Stop the continuation', inFields: true, run: stopCompletion },
    { keys: 'Alt+r', label: 'Another continuation', inFields: true, run: continueAnew },
    { keys: 'Alt+z', label: 'Back to before the continuation', inFields: true, run: undoContinuation },
  ])
  return (
    <div className="page">
      <section className="page-main" aria-label="Completion">
        <PageHead model={settings.model} onModel={(model) => changeCompleteSettings({ model })}>
          <label className="check shade-toggle">
            <input type="checkbox" checked={shaded} onChange={({ target }) => setShaded(target.checked)} />
            <span>
              Shade<span className="wide-only"> by probability</span>
            </span>
          </label>
        </PageHead>
        <ServerNotice />
        <div className="sheet-scroll scrolling">
          <Sheet manuscript={manuscript} running={running} shaded={shaded} />
          {failure && (
            <div className="sheet-failure">
              <FailureCard failure={failure} onRetry={() => void continueText()} />
            </div>
          )}
        </div>
        <footer className="sheet-foot">
          <Facts state={state} text={text} />
          <div className="sheet-actions">
            <button type="button" className="button button-quiet" disabled={running || text === ''} onClick={clearText}>
              Clear
            </button>
            <button
              type="button"
              className="button button-quiet"
              disabled={running || history.length === 0}
              onClick={undoContinuation}
            >
              <Icon name="undo" size={16} /> <span className="wide-only">Back</span>
            </button>
            <button type="button" className="button" disabled={running || history.length === 0} onClick={continueAnew}>
              <Icon name="refresh" size={16} /> <span className="wide-only">Another</span>
            </button>
            {running ? (
              <button type="button" className="button button-primary" onClick={stopCompletion}>
                <Icon name="stop" size={16} /> Stop
              </button>
            ) : (
              <button
                type="button"
                className="button button-primary"
                disabled={text === ''}
                onClick={() => void continueText()}
              >
                <Icon name="quill" size={16} /> Continue
              </button>
            )}
          </div>
        </footer>
      </section>
      {settingsOpen && <CompleteSettingsPanel settings={settings} onChange={changeCompleteSettings} />}
    </div>
  )
}

function Facts({ state, text }: { readonly state: CompleteState; readonly text: string }) {
  const { usage, timings, settings } = state
  const models = useStore(modelsStore, (known) => known.models)
  const model = resolveModel(models, settings.model)
  const counted = useTokenCount(model?.id, text, !state.running)
  const seconds = timings ? (timings.totalMs - timings.firstTokenMs) / 1000 : 0
  const facts = [
    usage && seconds > 0 && usage.generatedTokens > 1
      ? `${((usage.generatedTokens - 1) / seconds).toFixed(1)} tokens/s`
      : undefined,
    timings ? `${(timings.firstTokenMs / 1000).toFixed(2)} s to first` : undefined,
    counted === undefined ? undefined : contextText(counted, model?.contextTokens),
  ]
  return (
    <p className="sheet-facts" role="status">
      {facts.filter((fact) => fact !== undefined).join(' · ')}
    </p>
  )
}

function contextText(tokens: number, contextTokens: number | undefined): string {
  const used = tokens.toLocaleString('en')
  return contextTokens === undefined ? `${used} tokens` : `${used} / ${contextTokens.toLocaleString('en')} tokens`
}

/** Counts once the text has rested for a moment; undefined until then, and where the server does not count. */
function useTokenCount(model: string | undefined, text: string, rested: boolean): number | undefined {
  const [counted, setCounted] = useState<{ text: string; tokens: number }>()
  useEffect(() => {
    if (model === undefined || text === '' || !rested) return
    const controller = new AbortController()
    const count = async () => {
      try {
        const tokens = await countTokens(model, text, controller.signal)
        setCounted({ text, tokens })
      } catch {
        // The count is a courtesy: whatever is wrong with the server shows where it matters.
        setCounted(undefined)
      }
    }
    const timer = setTimeout(() => void count(), 400)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [model, text, rested])
  return counted?.text === text ? counted.tokens : undefined
}
