/** What a run may spend, and its seed. */
import { SettingsFrame } from '../app/settings-frame.tsx'
import { NumberField } from '../ui/number-fields.tsx'
import { initialRunSettings, type RunSettings } from './run-store.ts'

interface RunSettingsPanelProps {
  readonly settings: RunSettings
  /** The server's, by unit. */
  readonly limits: Readonly<Record<string, number>>
  readonly onChange: (change: Partial<RunSettings>) => void
}

export function RunSettingsPanel({ settings, limits, onChange }: RunSettingsPanelProps) {
  const most = (value: number | undefined) =>
    value === undefined ? 'no limit' : `at most ${value.toLocaleString('en')}`
  return (
    <SettingsFrame onReset={() => onChange({ ...initialRunSettings, model: settings.model })}>
      <section className="settings-section" aria-label="Budget">
        <h3>Budget</h3>
        <p className="settings-hint">Reaching a limit ends a run with the best so far.</p>
        <NumberField
          label="Tokens"
          min={1}
          placeholder={most(limits['tokens'])}
          value={settings.tokens}
          onChange={(tokens) => onChange({ tokens })}
        />
        <div className="settings-pair">
          <NumberField
            label="Seconds"
            min={1}
            placeholder={most(limits['wallMs'] === undefined ? undefined : Math.floor(limits['wallMs'] / 1000))}
            value={settings.seconds}
            onChange={(seconds) => onChange({ seconds })}
          />
          <NumberField
            label="Calls of the model"
            min={1}
            placeholder={most(limits['modelCalls'])}
            value={settings.modelCalls}
            onChange={(modelCalls) => onChange({ modelCalls })}
          />
        </div>
      </section>
      <section className="settings-section" aria-label="Reproducing">
        <NumberField label="Seed" placeholder="0" value={settings.seed} onChange={(seed) => onChange({ seed })} />
        <p className="settings-hint">The same seed on the same model gives the same run.</p>
      </section>
    </SettingsFrame>
  )
}
