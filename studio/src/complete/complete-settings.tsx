/** What continuations are made with. */
import { SamplingFields } from '../app/sampling-fields.tsx'
import { SettingsFrame } from '../app/settings-frame.tsx'
import { type CompleteSettings, initialCompleteSettings } from './complete-store.ts'

interface CompleteSettingsPanelProps {
  readonly settings: CompleteSettings
  readonly onChange: (change: Partial<CompleteSettings>) => void
}

export function CompleteSettingsPanel({ settings, onChange }: CompleteSettingsPanelProps) {
  return (
    <SettingsFrame onReset={() => onChange({ ...initialCompleteSettings, model: settings.model })}>
      <section className="settings-section" aria-label="Sampling">
        <SamplingFields
          settings={settings}
          onChange={onChange}
          maxTokens={{ label: 'Tokens a time', placeholder: '64' }}
        />
      </section>
    </SettingsFrame>
  )
}
