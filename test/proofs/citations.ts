/**
 * 500 planted faults and 500 true citations on each of two sets of passages: the handbook that comes with Ostro, and manual pages
 * (OSTRO_MANUALS names a tree with man1, man2, ...; default /usr/share/man). All faults are to be found, no true one refused.
 */
import { readRetrievalSet } from '../../src/evals/retrieval/read-set.node.ts'
import { sampleSet } from '../../src/evals/retrieval/sample-set.ts'
import { chunkText } from '../../src/retrieval/chunk.ts'
import { checkCitations, type Passage } from '../../src/retrieval/citations.ts'
import { estimateTokens } from '../../src/retrieval/encoder.ts'
import { OstroError } from '../../src/util/error.ts'
import { plantCitations } from '../support/planted-citations.ts'

const count = 500
const seeds = [1, 2, 3]

export async function citations(): Promise<boolean> {
  const handbook = sampleSet.documents.map(({ path, text }) => ({ id: path, text }))
  const sets: (readonly [string, readonly Passage[]])[] = [['handbook', handbook]]
  const manuals = await manualPassages()
  if (manuals !== undefined) sets.push(['manual pages', manuals])
  else console.log('No manual pages: give a tree of the packages manpages and manpages-dev by OSTRO_MANUALS.')
  let holds = true
  for (const [name, passages] of sets) {
    for (const seed of seeds) {
      const { right, wrong } = plantCitations(passages, count, seed)
      const supports = ({ answer, passages: given, quotes }: (typeof right)[number]): boolean =>
        checkCitations(answer, given, quotes).supported
      const alarms = right.filter((answer) => !supports(answer))
      const missed = wrong.filter(supports)
      console.log(
        `${name}, seed ${seed}: ${wrong.length - missed.length} of ${wrong.length} faults found, ${alarms.length} of ${right.length} true ones refused`,
      )
      for (const { fault, answer, quotes } of [...missed, ...alarms]) console.log(fault ?? 'refused', answer, quotes)
      holds &&= missed.length === 0 && alarms.length === 0 && wrong.length === count
    }
  }
  return holds
}

/** Every seventh passage: a few thousand. */
async function manualPassages(): Promise<readonly Passage[] | undefined> {
  try {
    const { documents } = await readRetrievalSet(process.env['OSTRO_MANUALS'] ?? '/usr/share/man')
    const chunks = await Promise.all(
      documents.map(({ text }) => chunkText(text, { countTokens: estimateTokens, format: 'markdown' })),
    )
    return chunks.flat().flatMap(({ text }, index) => (index % 7 === 0 ? [{ id: String(index), text }] : []))
  } catch (error) {
    if (error instanceof OstroError && error.code === 'not-found') return undefined
    throw error
  }
}
