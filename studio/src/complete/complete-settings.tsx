/** What continuations are made with. */
import { toggleSettings } from '../app/shell-store.ts'
import { Icon } from '../ui/icons.tsx'
import { NumberField, SliderField } from '../ui/number-fields.tsx'
import type { CompleteSettings } from './complete-store.ts'

interface CompleteSettingsPanelProps {
  readonly settings: CompleteSettings
  readonly onChange: (change: Partial<CompleteSettings>) => void
}

export function CompleteSettingsPanel({ settings, onChange }: CompleteSettingsPanelProps) {
  return (
    <>
      <button type="button" className="veil" aria-label="Close the settings" onClick={toggleSettings} />
      <aside className="settings scrolling" aria-label="Settings">
        <header className="settings-head">
          <h2>Settings</h2>
          <button type="button" className="icon-button" aria-label="Close the settings" onClick={toggleSettings}>
            <Icon name="close" />
          </button>
        </header>
        <section className="settings-section" aria-label="Sampling">
          <SliderField
            label="Temperature"
            hint="0 always takes the most probable token"
            rest={0.6}
            max={2}
            step={0.05}
            value={settings.temperature}
            onChange={(temperature) => onChange({ temperature })}
          />
          <SliderField
            label="Top-p"
            hint="Only the tokens that together reach this probability"
            rest={0.95}
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
      </aside>
    </>
  )
}
