/** The process that the peer is measured in: `node peer-child.ts CASE-FOLDER MODEL-FILE` prints the measurements as JSON. */
import { readRealModelCase } from '../support/real-model-case.ts'
import { longestInput, measureAll } from './measure-all.ts'
import { openPeerScorer } from './peer-scorer.ts'

const [folder = '', path = ''] = process.argv.slice(2)
const real = readRealModelCase(folder)
{
  await using scorer = await openPeerScorer(path, longestInput(real))
  console.log(JSON.stringify(await measureAll(scorer, real, path)))
}
