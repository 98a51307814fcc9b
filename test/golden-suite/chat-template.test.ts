/** Rendered chat templates against transformers' template environment: every case, through the worker with its limits. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createTemplateRenderer, type JsonValue, type TemplateInput } from '../../src/chat/index.ts'
import type { OstroError } from '../../src/util/error.ts'
import { goldenRoot } from '../support/golden.ts'
import { readJson, skipWithoutFolders } from './support.ts'

interface GoldenCase {
  readonly strftimeNow: string
  readonly specialTokens: Readonly<Record<string, { readonly bos_token: string; readonly eos_token: string }>>
  readonly files: { readonly templates: string; readonly conversations: string; readonly cases: string }
}

interface Row {
  readonly template: string
  readonly conversation: string
  readonly addGenerationPrompt: boolean
  readonly expected?: string
  /** The message of `raise_exception`, or the kind of another error. */
  readonly error?: string
}

type Conversation = Pick<TemplateInput, 'messages' | 'tools' | 'documents'> & Record<string, JsonValue>

const folders = readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))
  .map(({ folder }) => join(goldenRoot, folder))
  .filter((folder) => {
    const info = existsSync(join(folder, 'case.json')) ? readJson<Partial<GoldenCase>>(join(folder, 'case.json')) : {}
    return info.files !== undefined && 'templates' in info.files
  })

skipWithoutFolders(folders, 'chat templates')

for (const folder of folders) {
  const info = readJson<GoldenCase>(join(folder, 'case.json'))
  const templates = readJson<Record<string, string>>(join(folder, info.files.templates))
  const conversations = readJson<Record<string, Conversation>>(join(folder, info.files.conversations))
  const rows = readJson<Row[]>(join(folder, info.files.cases))

  describe.each(Object.entries(templates))('chat template %s', (name, template) => {
    const tokens = info.specialTokens[name]
    const renderer = createTemplateRenderer(template, {
      bosToken: tokens.bos_token,
      eosToken: tokens.eos_token,
      now: () => new Date(info.strftimeNow),
    })
    afterAll(() => renderer.dispose())

    for (const row of rows.filter((each) => each.template === name)) {
      it(`renders ${row.conversation}, generation prompt ${row.addGenerationPrompt}`, async () => {
        const { messages, tools, documents, ...variables } = conversations[row.conversation]
        const rendered = renderer.render({
          messages,
          ...(tools ? { tools } : {}),
          ...(documents ? { documents } : {}),
          addGenerationPrompt: row.addGenerationPrompt,
          variables,
        })
        if (row.expected !== undefined) expect(await rendered).toBe(row.expected)
        else {
          const error: unknown = await rendered.catch((reason: unknown) => reason)
          expect(error).toMatchObject({ name: 'OstroError', code: 'template' })
          const { byTemplate, reason } = (error as OstroError).fields
          if (byTemplate === true) expect(reason).toBe(row.error)
        }
      })
    }
  })
}
