/** Which model judges what another one writes. */
import { useId } from 'react'
import { modelsStore } from '../app/models-store.ts'
import { useStore } from '../app/store.ts'
import type { RunStore } from './run-store.ts'

export function CriticField({ runs }: { readonly runs: RunStore }) {
  const models = useStore(modelsStore, (state) => state.models)
  const critic = useStore(runs.store, (state) => state.settings.critic)
  const id = useId()
  const known = models.some((model) => model.id === critic)
  return (
    <div className="step-field">
      <label htmlFor={id}>
        Critic<small> optional</small>
      </label>
      <select
        id={id}
        className="field"
        aria-describedby={`${id}-note`}
        value={critic ?? ''}
        onChange={({ target }) => runs.changeSettings({ critic: target.value === '' ? undefined : target.value })}
      >
        <option value="">The model that writes</option>
        {critic !== undefined && !known && <option value={critic}>{critic} (not on this server)</option>}
        {models.map((model) => (
          <option key={model.id} value={model.id}>
            {model.id}
          </option>
        ))}
      </select>
      <p id={`${id}-note`} className="step-field-hint">
        Model that judges and criticises
      </p>
    </div>
  )
}
