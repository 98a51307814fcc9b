/**
 * Adds to `package-lock.json` the optional packages of other platforms that a registry mirror did not know when the lockfile was
 * written. npm leaves them out silently and then `npm ci` refuses the lockfile everywhere. Run it after every change of dependencies.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './prepare.mjs'

const systems = {
  linux: 'linux',
  mac: 'darwin',
  darwin: 'darwin',
  win: 'win32',
  win32: 'win32',
  android: 'android',
  freebsd: 'freebsd',
  openharmony: 'openharmony',
}
const processors = {
  x64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  armv7l: 'arm',
  ia32: 'ia32',
  riscv64: 'riscv64',
  ppc64: 'ppc64',
  s390x: 's390x',
  loong64: 'loong64',
}
const libraries = { gnu: 'glibc', musl: 'musl', gnueabihf: 'glibc', musleabihf: 'musl' }

const file = join(root, 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const added = []
for (const [folder, entry] of Object.entries(lock.packages)) {
  if (folder === '') continue
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(folder, name) || !/^\d/.test(version)) continue
    lock.packages[`node_modules/${name}`] = entryOf(name, version, entry.dev === true)
    added.push(`${name}@${version}`)
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`)
console.log(`${added.length} packages of other platforms added to the lockfile`)

function isLocked(folder, name) {
  return [`${folder}/node_modules/${name}`, `node_modules/${name}`].some((path) => path in lock.packages)
}

function entryOf(name, version, dev) {
  const words = name.split(/[/-]/)
  const pick = (table) => words.map((word) => table[word]).find((value) => value !== undefined)
  const os = pick(systems)
  const cpu = pick(processors)
  if (os === undefined || cpu === undefined)
    throw new Error(`complete-lockfile: cannot tell the platform of ${name}. Add its words to the tables.`)
  const libc = os === 'linux' ? pick(libraries) : undefined
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...(libc ? { libc: [libc] } : {}), optional: true, os: [os] }
}
