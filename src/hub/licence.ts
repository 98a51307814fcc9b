/** Licences whose terms a user must see and accept once before Ostro downloads a model. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OstroError } from '../util/error.ts'

export interface Licence {
  /** SPDX identifier where there is one, else the family's own name. */
  readonly id: string
  readonly title: string
  /** Where the full text is. */
  readonly url: string
  /** What the user agrees to, in short; present only where acceptance is required. */
  readonly terms?: string
}

export const licences = {
  'apache-2.0': { id: 'apache-2.0', title: 'Apache License 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  mit: { id: 'mit', title: 'MIT License', url: 'https://opensource.org/license/mit' },
  gemma: {
    id: 'gemma',
    title: 'Gemma Terms of Use',
    url: 'https://ai.google.dev/gemma/terms',
    terms:
      'Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms. ' +
      'By using it you agree to these terms and to the Gemma Prohibited Use Policy ' +
      '(ai.google.dev/gemma/prohibited_use_policy), and to pass both on to whoever you give the model or a derivative of it.',
  },
  'llama3.2': {
    id: 'llama3.2',
    title: 'Llama 3.2 Community License',
    url: 'https://www.llama.com/llama3_2/license/',
    terms:
      'Llama 3.2 is licensed under the Llama 3.2 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved. ' +
      'By using it you agree to the licence (llama.com/llama3_2/license) and to its Acceptable Use Policy ' +
      '(llama.com/llama3_2/use-policy). Products built with it show "Built with Llama".',
  },
} as const satisfies Record<string, Licence>

export type LicenceId = keyof typeof licences

/** True accepts without asking; a function is shown the terms and answers. */
export type LicenceAnswer = boolean | ((licence: Licence) => boolean | Promise<boolean>)

/**
 * Returns once the licence is accepted, now or in an earlier pull.
 * @throws OstroError `licence` when it needs acceptance and got none.
 */
export async function requireLicence(home: string, licence: Licence, answer: LicenceAnswer | undefined): Promise<void> {
  if (licence.terms === undefined) return
  const path = join(home, 'licences.json')
  const accepted = await readAccepted(path)
  if (licence.id in accepted) return
  const agreed = typeof answer === 'function' ? await answer(licence) : answer === true
  if (!agreed) {
    throw new OstroError(
      'licence',
      `pull: the ${licence.title} must be accepted before this model is downloaded. ${licence.terms} ` +
        `Read ${licence.url}, then accept once with --accept-licence (in code: acceptLicence: true).`,
      { licence: licence.id, url: licence.url, terms: licence.terms },
    )
  }
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, JSON.stringify({ ...accepted, [licence.id]: new Date().toISOString() }, undefined, 2))
  await rename(temporary, path)
}

async function readAccepted(path: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    // A missing or damaged record only means that the terms are shown again.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
