/** `npm start`: installs and builds when needed, then chats with the default model in the terminal. Extra arguments go to `ostro chat`. */
import { join } from 'node:path'
import { build, install, modernNode, root, runForeground } from './prepare.mjs'

install()
build()
process.exitCode = await runForeground(modernNode(), [join(root, 'dist/cli/main.js'), 'chat', ...process.argv.slice(2)])
