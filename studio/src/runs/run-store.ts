/** Forms and runs of the tasks, or of the agents: one form and one run for each, so that changing over loses nothing. */
import { type Failure, toFailure } from '../api/error.ts'
import { listSteps, type RunEvent, type RunRequest, type Step, type StepKind, streamRun } from '../api/steps.ts'
import { learnAbout, modelsStore, resolveModel } from '../app/models-store.ts'
import { createStore, type Store } from '../app/store.ts'
import { type FieldValue, fieldsOf, formValue, type FormValues } from './form-fields.ts'
import { emptyRun, foldRun, type RunView } from './run-view.ts'

export interface RunSettings {
  readonly model: string | undefined
  /** Undefined: the model that writes judges too. */
  readonly critic: string | undefined
  readonly tokens: number | undefined
  readonly seconds: number | undefined
  readonly modelCalls: number | undefined
  readonly seed: number | undefined
}

export interface StepForm {
  readonly input: FormValues
  readonly config: FormValues
  /** Shown once a run was tried. */
  readonly problems: Readonly<Record<string, string>>
}

export interface StepRun {
  readonly status: 'running' | 'done' | 'stopped' | 'failed'
  readonly view: RunView
  readonly failure: Failure | undefined
  /** What was sent, for results that point into it. */
  readonly input: unknown
}

export interface RunsState {
  /** Undefined until the server has told. */
  readonly steps: readonly Step[] | undefined
  readonly limits: Readonly<Record<string, number>>
  readonly failure: Failure | undefined
  readonly forms: Readonly<Record<string, StepForm>>
  readonly runs: Readonly<Record<string, StepRun>>
  readonly settings: RunSettings
}

export interface RunStore {
  readonly store: Store<RunsState>
  readonly refresh: () => Promise<void>
  readonly changeField: (step: string, part: 'input' | 'config', field: string, value: FieldValue) => void
  /** Puts whole values into a form, such as an example's. */
  readonly fill: (step: string, form: Partial<Pick<StepForm, 'input' | 'config'>>) => void
  readonly changeSettings: (change: Partial<RunSettings>) => void
  readonly start: (step: Step) => Promise<void>
  readonly stop: (step: string) => void
}

export const initialRunSettings: RunSettings = {
  model: undefined,
  critic: undefined,
  tokens: undefined,
  seconds: undefined,
  modelCalls: undefined,
  seed: undefined,
}

export const emptyForm: StepForm = { input: {}, config: {}, problems: {} }

export function createRunStore(kind: StepKind): RunStore {
  const settingsName = `ostro.${kind}`
  const store = createStore<RunsState>({
    steps: undefined,
    limits: {},
    failure: undefined,
    forms: {},
    runs: {},
    settings: { ...initialRunSettings, ...readSettings(settingsName) },
  })
  const controllers = new Map<string, AbortController>()

  const changeForm = (step: string, change: (form: StepForm) => Partial<StepForm>): void =>
    store.set((state) => {
      const form = state.forms[step] ?? emptyForm
      return { ...state, forms: { ...state.forms, [step]: { ...form, ...change(form) } } }
    })
  const changeRun = (step: string, change: (run: StepRun) => Partial<StepRun>): void =>
    store.set((state) => {
      const run = state.runs[step]
      if (run === undefined) return state
      return { ...state, runs: { ...state.runs, [step]: { ...run, ...change(run) } } }
    })

  const start = async (step: Step): Promise<void> => {
    const { name } = step
    const { forms, runs, settings } = store.get()
    if (runs[name]?.status === 'running') return
    const form = forms[name] ?? emptyForm
    const input = formValue(fieldsOf(step.input, 'input'), form.input)
    const config = formValue(fieldsOf(step.config, 'config'), form.config)
    const problems = { ...problemsOf('input', input), ...problemsOf('config', config) }
    changeForm(name, () => ({ problems }))
    if (!input.ok || !config.ok) return
    const own = new AbortController()
    controllers.set(name, own)
    const started: StepRun = { status: 'running', view: emptyRun, failure: undefined, input: input.value }
    store.set((state) => ({ ...state, runs: { ...state.runs, [name]: started } }))
    const request = requestOf(step, settings, input.value, config.value)
    const events = gather((batch) => changeRun(name, ({ view }) => ({ view: batch.reduce(foldRun, view) })))
    try {
      for await (const event of streamRun(kind, name, request, own.signal)) events.add(event)
      events.flush()
      changeRun(name, () => ({ status: 'done' }))
    } catch (cause) {
      events.flush()
      changeRun(name, () =>
        own.signal.aborted ? { status: 'stopped' } : { status: 'failed', failure: toFailure(cause) },
      )
    }
    void learnAbout(request.model)
  }

  return {
    store,
    start,
    refresh: async () => {
      try {
        const { data, budget } = await listSteps(kind)
        store.set((state) => ({ ...state, steps: data, limits: budget, failure: undefined }))
      } catch (cause) {
        store.set((state) => ({ ...state, failure: toFailure(cause) }))
      }
    },
    changeField: (step, part, field, value) =>
      changeForm(step, (form) => {
        const { [`${part}.${field}`]: _, ...problems } = form.problems
        return { [part]: { ...form[part], [field]: value }, problems }
      }),
    fill: (step, values) => changeForm(step, () => ({ ...values, problems: {} })),
    changeSettings: (change) => {
      store.set((state) => ({ ...state, settings: { ...state.settings, ...change } }))
      localStorage.setItem(settingsName, JSON.stringify(store.get().settings))
    },
    stop: (step) => controllers.get(step)?.abort(),
  }
}

function problemsOf(part: string, made: ReturnType<typeof formValue>): Record<string, string> {
  if (made.ok) return {}
  return Object.fromEntries(Object.entries(made.problems).map(([name, problem]) => [`${part}.${name}`, problem]))
}

function requestOf({ uses }: Step, settings: RunSettings, input: unknown, config: unknown): RunRequest {
  const { model, critic, tokens, seconds, modelCalls, seed } = settings
  const budget = {
    ...(tokens === undefined ? {} : { tokens }),
    ...(seconds === undefined ? {} : { wallMs: seconds * 1000 }),
    ...(modelCalls === undefined ? {} : { modelCalls }),
  }
  return {
    model: resolveModel(modelsStore.get().models, model)?.id ?? '',
    input,
    config,
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
    ...(seed === undefined ? {} : { seed }),
    ...(critic !== undefined && uses.includes('critic') ? { critic } : {}),
  }
}

/** Events of one frame of the screen together: a run may tell hundreds in a second. */
function gather(take: (batch: readonly RunEvent[]) => void) {
  let waiting: RunEvent[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    if (batch.length > 0) take(batch)
  }
  return {
    flush,
    add: (event: RunEvent): void => {
      waiting.push(event)
      timer ??= setTimeout(flush, 40)
    },
  }
}

function readSettings(name: string): Partial<RunSettings> {
  try {
    return JSON.parse(localStorage.getItem(name) ?? '{}') as Partial<RunSettings>
  } catch {
    // Written by another version: the defaults are always right.
    return {}
  }
}
