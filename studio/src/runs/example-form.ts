/** What the Example button fills in: it fits what was chosen before. */
import type { Step } from '../api/steps.ts'
import { fieldsOf, leadingField, sampleInput } from './form-fields.ts'
import type { StepForm } from './run-store.ts'

export type ExampleForm = Partial<Pick<StepForm, 'input' | 'config'>>

export function exampleForm(step: Step, form: StepForm, example: ExampleForm): ExampleForm {
  const leading = leadingField(step.config)
  const sample = leading && sampleInput(leading, form.config)
  const [input] = fieldsOf(step.input, 'input')
  if (leading === undefined || sample === undefined || input === undefined) return example
  return {
    input: { ...example.input, [input.name]: sample },
    config: { ...example.config, [leading.name]: form.config[leading.name] },
  }
}
