/**
 * `npm test`: prepares what the tests use (packages, build, a browser, two real models), runs `npm run check` and every vitest
 * project, and ends with one line: `N passed, N failed, N skipped`. What cannot be had is said loudly and its tests skip.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, buildPage, install, modernNode, root, toolEnvironment } from './prepare.mjs'

/** Cheap and telling first; the long ones last. Each project runs alone, so that its workers own the cores. */
const projects = [
  'unit',
  'published',
  'constrain',
  'conformance',
  'golden',
  'clients',
  'end-to-end',
  'browser',
  'hostile',
]
const models = [['smollm2:135m'], ['gemma3:270m-base', '--accept-licence']]
const projectLimitMs = 12 * 60_000
const pullLimitMs = 5 * 60_000

install()
build()
buildPage()
installChromium()
for (const model of models) pull(model)

const totals = { passed: 0, failed: 0, skipped: 0 }
if (run(modernNode(), ['scripts/check.mjs']) !== 0) {
  totals.failed += 1
  loud('npm run check failed: counted as one failed test.')
}
const reports = mkdtempSync(join(tmpdir(), 'ostro-test-'))
for (const project of projects) count(project, runProject(project))
rmSync(reports, { recursive: true })

process.exitCode = totals.failed === 0 ? 0 : 1
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)

function runProject(project) {
  const report = join(reports, `${project}.json`)
  const started = performance.now()
  console.log(`\n== ${project}`)
  const code = run(
    modernNode(),
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      project,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    projectLimitMs,
  )
  console.log(`== ${project}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
  return { code, result: existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined }
}

function count(project, { code, result }) {
  if (result === undefined) {
    totals.failed += 1
    return loud(`${project} ended with code ${code} and without a report: counted as one failed test.`)
  }
  totals.passed += result.numPassedTests
  totals.skipped += result.numPendingTests + (result.numTodoTests ?? 0)
  // A file that cannot be loaded fails without failing a test; an error between the tests fails only the run.
  const brokenFiles = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  )
  const failed = result.numFailedTests + brokenFiles.length
  totals.failed += failed === 0 && code !== 0 ? 1 : failed
  if (result.numPendingTests > 0) loud(`${project}: ${result.numPendingTests} tests skipped`)
}

function pull(model) {
  if (!existsSync(join(root, 'dist/cli/main.js')))
    return loud(`${model[0]} not pulled: this build has no command line.`)
  const code = run(modernNode(), ['dist/cli/main.js', 'pull', ...model], pullLimitMs)
  if (code !== 0) loud(`${model[0]} could not be pulled (code ${code}): the tests on it skip.`)
}

/** The browser tests need a Chromium; on Debian the system package is installed when this user may. */
function installChromium() {
  if (process.env.OSTRO_CHROMIUM || ['chromium', 'chromium-browser', 'google-chrome'].some(isOnPath)) return
  const isRoot = process.getuid?.() === 0
  if (!isOnPath('apt-get') || !isRoot)
    return loud('No Chromium found and no right to install it: the browser tests skip.')
  console.log('Installing chromium …')
  const apt = (...args) =>
    spawnSync('apt-get', [...args, '-qq', '-y'], {
      stdio: ['ignore', 'ignore', 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: pullLimitMs,
    }).status
  if (apt('update') !== 0 || apt('install', '--no-install-recommends', 'chromium') !== 0 || !isOnPath('chromium')) {
    loud('chromium could not be installed: the browser tests skip.')
  }
}

function isOnPath(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0
}

function run(command, args, timeout) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: toolEnvironment(),
    timeout,
    killSignal: 'SIGKILL',
  })
  if (done.error?.code === 'ETIMEDOUT') loud(`stopped after ${timeout / 1000} s: ${args.join(' ')}`)
  return done.status ?? 1
}

function loud(message) {
  console.log(`!! ${message}`)
}
