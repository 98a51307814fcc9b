/** The research example: on a script over files of its own, and on the default model, whose citations are checked whatever it writes. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { showResearch } from '../../examples/research-answer.ts'
import { load } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { realModelPath } from '../support/models.ts'
import { temporaryFolder } from '../support/temporary.ts'

async function writeDocuments(folder: string): Promise<void> {
  await writeFile(join(folder, 'tower.md'), '# Tower\n\nThe tower was built in 1889. It is 324 metres high.\n')
  await writeFile(join(folder, 'bridge.md'), '# Bridge\n\nThe bridge was opened in 1937.\n')
}

it('finds passages, cites them, and marks what they do not back', async () => {
  await using folder = await temporaryFolder()
  await writeDocuments(folder.path)
  const draft = { answer: 'High.', missing: 'the height', superfluous: '', queries: ['height of the tower', '?!'] }
  const wrong = {
    ...draft,
    answer: 'The tower is 324 metres high [1]. It was built in 1888 [1].',
    citations: [
      { n: 1, quote: 'It is 324 metres high' },
      { n: 1, quote: 'The tower was built in 1889' },
    ],
  }
  const right = { ...wrong, missing: '', answer: 'The tower is 324 metres high [1]. It was built in 1889 [1].' }
  const model = scriptedModel({ answers: [draft, wrong, right].map((value) => JSON.stringify(value)) })
  let printed = ''
  const answer = await showResearch(model, 'How high is the tower?', folder.path, (piece) => {
    printed += piece
  })
  expect(answer?.answer).toBe(right.answer)
  expect(printed).toContain('── citations: all stand')
  expect(printed).toContain('[1] tower.md:3: "It is 324 metres high" (verified)')
  expect(model.requests[2]?.text).toContain('1888')
})

it('runs on the default model', async () => {
  const path = await realModelPath('smollm2')
  if (path === undefined) return
  await using folder = await temporaryFolder()
  await writeDocuments(folder.path)
  await using model = await load(path, { threads: 2 })
  let printed = ''
  const print = (piece: string): void => {
    printed += piece
  }
  const options = { revisions: 1, maxTokens: 160, temperature: 0 }
  const answer = await showResearch(model, 'How high is the tower?', folder.path, print, options)
  expect(answer?.passages.map(({ id }) => id)).toContain('tower.md:3')
  expect(printed).toContain('── revise')
  expect(printed).toContain('── citations: ')
})
