/** Runs a TypeScript program of this repository on Node 24: `node scripts/with-node.mjs bench/main.ts decode --quick`. */
import { install, modernNode, runForeground } from './prepare.mjs'

install()
process.exitCode = await runForeground(modernNode(), process.argv.slice(2))
