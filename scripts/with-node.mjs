/** Runs a TypeScript program of this repository on Node 24: `node scripts/with-node.mjs bench/main.ts decode --quick`. */
import { build, install, modernNode, runForeground } from './prepare.mjs'

install()
// Benches measure the built package.
build()
process.exitCode = await runForeground(modernNode(), process.argv.slice(2))
