/** The form of a task or an agent: what it works on, and behind a fold what it is to be done with. */
import type { Step } from '../api/steps.ts'
import { CriticField } from './critic-field.tsx'
import { type Field, fieldsOf, leadingField, sampleInput } from './form-fields.ts'
import type { RunStore, StepForm } from './run-store.ts'
import { StepField } from './step-field.tsx'
import './step-form.css'

interface StepFormProps {
  readonly step: Step
  readonly form: StepForm
  readonly runs: RunStore
}

export function StepFormView({ step, form, runs }: StepFormProps) {
  const leading = leadingField(step.config)
  const sample = leading && sampleInput(leading, form.config)
  const input = fieldsOf(step.input, 'input').map((field) =>
    sample === undefined ? field : { ...field, sample, hint: `Such as ${sample}` },
  )
  const config = fieldsOf(step.config, 'config').filter(({ name }) => name !== leading?.name)
  const needed = config.filter(({ required }) => required)
  const others = config.filter(({ required }) => !required)
  const faulty = others.some(({ name }) => form.problems[`config.${name}`] !== undefined)
  const render = (part: 'input' | 'config') => (field: Field) => (
    <StepField
      key={`${step.name}.${part}.${field.name}`}
      field={field}
      value={form[part][field.name]}
      problem={form.problems[`${part}.${field.name}`]}
      onChange={(value) => runs.changeField(step.name, part, field.name, value)}
    />
  )
  return (
    <>
      {leading !== undefined && render('config')(leading)}
      {input.map(render('input'))}
      {needed.map(render('config'))}
      {others.length > 0 && (
        <details className="step-options" open={faulty ? true : undefined}>
          <summary>Options</summary>
          <div className="step-options-fields">
            {others.map(render('config'))}
            {step.uses.includes('critic') && <CriticField runs={runs} />}
          </div>
        </details>
      )}
    </>
  )
}
