/** Translating as a step. */
import * as z from 'zod'
import { runEndFields } from '../../tools/steps/run-end-fields.ts'
import { defineStep } from '../../tools/steps/step.ts'
import { runOptionsOf, taskStep } from '../task-run.ts'
import { translateEvents } from '../translate.ts'
import { textInput } from './task-schemas.ts'

export const translateStep = defineStep({
  name: 'translate',
  version: 1,
  description: 'Translate a text sentence by sentence; code, addresses and numbers stay as they are.',
  config: z.strictObject({
    to: z.string().describe('Language of the translation: a code such as de, or its English name'),
    from: z.string().optional().describe('Language of the text; default: found out'),
  }),
  input: textInput,
  output: z.object({ text: z.string(), from: z.union([z.string(), z.undefined()]), to: z.string(), ...runEndFields }),
  effect: 'pure',
  uses: ['translator'],
  run: ({ text }, config, context) =>
    taskStep(
      'translate',
      translateEvents(context.model, text, {
        ...config,
        ...runOptionsOf(context),
        translator: context.translator,
      }),
    ),
})
