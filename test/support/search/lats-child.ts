/** `node lats-child.ts FILE COMMITS PARALLEL`: a seeded search that is killed like by the machine's power switch after so many commits. */
import { fileURLToPath } from 'node:url'
import { gameOf24 } from '../../../src/agents/environments/numbers-environment.ts'
import { openSqliteSearch } from '../../../src/agents/lats/sqlite-store.node.ts'
import type { SearchStore } from '../../../src/agents/lats/rows.ts'
import { lats } from '../../../src/agents/lats.ts'
import { scriptedModel } from '../../../src/testing/index.ts'
import { resultOf } from '../../../src/tools/steps/run.ts'

/** Chooses among what is legal by the call's seed, and finds states the better the shorter their prompts are. */
export const seededModel = () =>
  scriptedModel({
    answers: ({ options: { format }, random }) =>
      format?.type === 'choice' ? format.choices[Math.floor(random.float() * format.choices.length)] : 'Add less.',
    score: (text, mark) => -Math.abs((text.length % 11) - Number(mark.split('/')[0])),
  })

export const searchOnce = (store: SearchStore, parallel: number) =>
  resultOf(
    lats(seededModel(), gameOf24(), [5, 5, 7, 11], {
      seed: 3,
      iterations: 10,
      parallel,
      store,
      verifier: neverContent,
    }),
  )

const neverContent = {
  source: 'external',
  verify: () => ({ passed: false, score: 0, feedback: 'no' }),
} as const

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, commits, parallel] = process.argv.slice(2)
  const store = openSqliteSearch(file)
  let left = Number(commits)
  const killing: SearchStore = {
    load: store.load,
    commit: (commit) => {
      store.commit(commit)
      if (--left === 0) process.kill(process.pid, 'SIGKILL')
    },
  }
  await searchOnce(killing, Number(parallel))
}
