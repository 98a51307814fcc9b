/**
 * Brings a fresh clone to a runnable state: installs from the lockfile when it changed, builds when the source changed,
 * finds a Node that runs the rest. Needs nothing but Node 20 and npm; does nothing, without network, when all is in place.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const binFolder = join(root, 'node_modules', '.bin')
const buildStamp = join(root, 'dist', '.ostro-built')
const pageStamp = join(root, 'studio', 'dist', '.ostro-built')
/** npm runs on Node 20 here and would warn of each package that wants the Node 24 that is about to be installed. */
const quiet = ['--no-audit', '--no-fund', '--loglevel=error']

/** Installs the packages of the lockfile unless they are all there already, in the locked versions. */
export function install() {
  if (isInstalled()) return
  console.error('Installing the packages of the lockfile (once) …')
  npm(['ci', '--ignore-scripts', ...quiet])
  // The one install script that is wanted: the `node` package fetches the binary of this platform with it.
  if (spawnNpm(['rebuild', 'node', ...quiet]).status !== 0 && !isModern(process.version)) {
    fail('Node 24 could not be installed and this Node is older than 22.18. Install Node 24, then try again.')
  }
}

/** Compiles `src/` to `dist/` unless the last build was of the same sources. */
export function build() {
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name))
  const sources = [...filesUnder(join(root, 'src'), '.ts'), ...settings]
  const wanted = fingerprintOf(sources)
  if (readStamp(buildStamp) === wanted) return
  console.error('Building …')
  const done = spawnSync(modernNode(), [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (done.status !== 0) fail('The build failed; the compiler says above where.')
  writeStamp(buildStamp, wanted)
}

/** Bundles the chat page to `studio/dist` unless the last bundle was of the same sources. */
export function buildPage() {
  const folder = join(root, 'studio')
  const settings = ['index.html', 'package.json', 'tsconfig.json', 'vite.config.ts'].map((name) => join(folder, name))
  const sources = ['src', 'public'].flatMap((name) => filesUnder(join(folder, name), ''))
  const wanted = fingerprintOf([...sources, ...settings, join(root, 'package-lock.json')])
  if (readStamp(pageStamp) === wanted) return
  console.error('Building the chat page …')
  const done = spawnSync(modernNode(), [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  })
  if (done.status !== 0) fail('The chat page could not be built; the bundler says above why.')
  writeStamp(pageStamp, wanted)
}

/** The Node that runs everything else: the bundled Node 24, else this one when it runs TypeScript itself. */
export function modernNode() {
  if (existsSync(bundledNode())) return bundledNode()
  if (isModern(process.version)) return process.execPath
  return fail('No Node 24 in node_modules and this one is older than 22.18. Run `npm ci`, then `npm rebuild node`.')
}

/** Environment in which `node` and the tools of the lockfile come first. */
export function toolEnvironment() {
  return { ...process.env, PATH: [binFolder, process.env.PATH ?? ''].join(delimiter) }
}

/**
 * Runs a program in the foreground with this process's streams and signals; resolves with the exit code to end with.
 * @param input what the program reads: this process's input (default), nothing, or a stream of which a part may have been read
 */
export function runForeground(command, args, input = 'inherit') {
  const stdin = typeof input === 'string' ? input : 'pipe'
  const child = spawn(command, args, { stdio: [stdin, 'inherit', 'inherit'], env: toolEnvironment() })
  if (child.stdin) {
    // A program that ends before it has read everything is no error of this one.
    child.stdin.on('error', () => {})
    input.pipe(child.stdin)
  }
  // A terminal sends Ctrl-C to the whole group; this process only has to outlive the child and pass on the rest.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.on('error', (cause) => fail(`${command} could not be started: ${cause.message}`))
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}

function bundledNode() {
  return join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
}

/** Compares the lockfile with npm's own record of what lies in node_modules; packages of other platforms are optional there. */
function isInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  if (!existsSync(bundledNode()) && !isModern(process.version)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  )
}

function isModern(version) {
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 18)
}

function npm(args) {
  const done = spawnNpm(args)
  if (done.status !== 0)
    fail(`npm ${args[0]} failed; its message is above. The first start needs the package registry once.`)
}

function spawnNpm(args) {
  // npm must not run on the Node that it is about to replace, so the tools of the lockfile leave the PATH.
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
  return spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: path.join(delimiter) },
    shell: process.platform === 'win32',
  })
}

function filesUnder(folder, suffix) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => name.endsWith(suffix))
    .sort()
}

function fingerprintOf(files) {
  return createHash('sha256').update(files.map(fingerprint).join('\n')).digest('hex')
}

function fingerprint(file) {
  const { size, mtimeMs } = statSync(file)
  return `${file} ${size} ${mtimeMs}`
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function writeStamp(file, text) {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
