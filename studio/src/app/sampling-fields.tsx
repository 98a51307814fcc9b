/** How tokens are drawn, and how many: what every tab that generates asks for. */
import { serverSampling } from '../api/sampling.ts'
import { NumberField, SliderField } from '../ui/number-fields.tsx'

export interface SamplingSettings {
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly maxTokens: number | undefined
  readonly seed: number | undefined
}

interface SamplingFieldsProps {
  readonly settings: SamplingSettings
  readonly onChange: (change: Partial<SamplingSettings>) => void
  readonly maxTokens: { readonly label: string; readonly placeholder: string }
}

export function SamplingFields({ settings, onChange, maxTokens }: SamplingFieldsProps) {
  return (
    <>
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
          {...maxTokens}
          min={1}
          value={settings.maxTokens}
          onChange={(most) => onChange({ maxTokens: most })}
        />
        <NumberField
          label="Seed"
          min={0}
          placeholder="random"
          value={settings.seed}
          onChange={(seed) => onChange({ seed })}
        />
      </div>
    </>
  )
}
