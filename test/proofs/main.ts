/** `npm run proof -- [NAME...]`: what is too long for `npm test`, measured in full and printed; exit code 1 where a proof fails. */
import { bfclAgreement } from './bfcl-agreement.ts'
import { bigMemory } from './big-memory.ts'
import { callDecision } from './call-decision.ts'
import { citations } from './citations.ts'
import { families } from './families.ts'
import { furtherCalls } from './further-calls.ts'
import { realModels } from './real-models.ts'
import { serverLoad } from './server-load.ts'
import { summariseProof } from './summarise.ts'
import { threads } from './threads.ts'
import { toolChoice } from './tool-choice.ts'

/** Prints what it finds; true where it holds. */
export type Proof = () => Promise<boolean>

const proofs: Readonly<Record<string, Proof>> = {
  'real-models': realModels,
  families,
  threads,
  'big-memory': bigMemory,
  'server-load': serverLoad,
  'bfcl-agreement': bfclAgreement,
  'call-decision': callDecision,
  'further-calls': furtherCalls,
  'tool-choice': toolChoice,
  summarise: summariseProof,
  citations,
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in proofs))
if (unknown.length > 0) {
  console.error(`proof: no proof named ${unknown.join(', ')}. There are ${Object.keys(proofs).join(', ')}.`)
  process.exit(2)
}
for (const name of names.length > 0 ? names : Object.keys(proofs)) {
  console.log(`# ${name}, ${new Date().toISOString().slice(0, 10)}\n`)
  if (!(await proofs[name]())) process.exitCode = 1
}
