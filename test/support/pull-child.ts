/** Pulls the URI of its first argument and prints every event as a line: a process for tests to kill. */
import { pull } from '../../src/hub/index.ts'

await pull(process.argv[2] ?? '', {
  connections: Number(process.argv[3] ?? 6),
  onProgress: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
})
