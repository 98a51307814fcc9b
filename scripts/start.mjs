/**
 * `npm start`: installs and builds when needed, then serves the default model and the chat page. Where prompts are piped in, it
 * answers them instead, one per line, and ends. Extra arguments go to `ostro serve`, or to `ostro chat` there.
 */
import { fstatSync } from 'node:fs'
import { join } from 'node:path'
import { build, buildPage, install, modernNode, root, runForeground } from './prepare.mjs'

/** A pipe is taken for prompts if something, or its end, comes within this time; programs often start others with one they never use. */
const pipeWaitMs = 300

install()
build()
buildPage()
const command = (await hasPrompts()) ? 'chat' : 'serve'
const input = command === 'serve' ? 'ignore' : process.stdin
process.exitCode = await runForeground(
  modernNode(),
  [join(root, 'dist/cli/main.js'), command, ...process.argv.slice(2)],
  input,
)

/** Whether standard input is a file with something in it, or a pipe into which somebody writes. */
function hasPrompts() {
  if (process.stdin.isTTY) return false
  const input = inputStatus()
  if (input === undefined) return false
  if (input.isFile()) return input.size > 0
  if (!input.isFIFO() && !input.isSocket()) return false
  return new Promise((resolve) => {
    const decide = (answer) => {
      clearTimeout(timer)
      process.stdin.off('readable', onReadable)
      // An open pipe that is being listened to would keep this process alive after the server's end.
      if (!answer) process.stdin.destroy()
      resolve(answer)
    }
    const onReadable = () => decide(process.stdin.readableLength > 0)
    const timer = setTimeout(() => decide(false), pipeWaitMs)
    process.stdin.on('readable', onReadable)
  })
}

function inputStatus() {
  try {
    return fstatSync(0)
  } catch {
    // Closed: there is no standard input at all.
    return undefined
  }
}
