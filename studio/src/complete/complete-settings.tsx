/** What continuations are made with. */
import { serverSampling } from '../api/sampling.ts'
import { SettingsFrame } from '../app/settings-frame.tsx'
import { NumberField, SliderField } from '../ui/number-fields.tsx'
import { type CompleteSettings, initialCompleteSettings } from './complete-store.ts'

interface CompleteSettingsPanelProps {
  readonly settings: CompleteSettings
  readonly onChange: (change: Partial<CompleteSettings>) => void
}

export function CompleteSettingsPanel({ settings, onChange }: CompleteSettingsPanelProps) {
  return (
    <SettingsFrame onReset={() => onChange({ ...initialCompleteSettings, model: settings.model })}>
      <section className="settings-section" aria-label="Sampling">
        <SliderField
          label="Temperature"
          hint="0 always takes the most probable token"
          rest={serverSampling.temperature}
          max={2}
          step={0.05}
          value={settings.temperature}
          onChange={(temperature) => onChange({ temperature })}
        />
        <SliderField
          label="Top-p"
          hint="Only the tokens that together reach this probability"
          rest={serverSampling.topP}
          min={0.01}
          max={1}
          step={0.01}
          value={settings.topP}
          onChange={(topP) => onChange({ topP })}
        />
        <div className="settings-pair">
          <NumberField
            label="Tokens a time"
            min={1}
            placeholder="64"
            value={settings.maxTokens}
            onChange={(maxTokens) => onChange({ maxTokens })}
          />
          <NumberField
            label="Seed"
            min={0}
            placeholder="random"
            value={settings.seed}
            onChange={(seed) => onChange({ seed })}
          />
        </div>
      </section>
    </SettingsFrame>
  )
}
