/** A tiny file tree to be put in order: files are moved until every path is the one wanted. */
import { OstroError } from '../../util/error.ts'
import type { JsonValue } from '../../util/json.ts'
import type { Environment } from '../environment.ts'
import { defineEnvironment, type Rules } from './define-environment.ts'

export interface FileMove {
  readonly from: string
  readonly to: string
}

type FileTreeState = {
  /** Contents by path. */
  readonly files: { readonly [path: string]: string }
  readonly goal: { readonly [path: string]: string }
  readonly stepsLeft: number
}

/** A task is `{ files, goal, steps }`: contents by path, now and as wanted. */
export const fileTree = (): Environment<FileMove> => defineEnvironment('file-tree', rules)

const rules: Rules<FileTreeState, FileMove> = {
  effect: 'reversible',
  start: (task) => {
    const { files, goal, steps } = (task ?? {}) as { files?: unknown; goal?: unknown; steps?: unknown }
    if (isTree(files) && isTree(goal) && typeof steps === 'number' && steps > 0)
      return { files, goal, stepsLeft: steps }
    const message = `file-tree: { files, goal, steps } with contents by path expected, got ${JSON.stringify(task)}.`
    throw new OstroError('environment-failed', message)
  },
  describe: ({ files, goal, stepsLeft }) =>
    `Files:\n${listOf(files)}\nWanted:\n${listOf(goal)}\nMoves left: ${stepsLeft}.`,
  legal: ({ files, goal, stepsLeft }) => {
    if (stepsLeft === 0 || shareInPlace(files, goal) === 1) return []
    const free = Object.keys(goal).filter((path) => !(path in files))
    return Object.keys(files).flatMap((from) => free.map((to) => ({ from, to })))
  },
  canonical: ({ from, to }) => `move ${from} ${to}`,
  parse: (text, { files }) => {
    const read = /^move (\S+) (\S+)$/.exec(text.trim())
    if (read === null) return { invalid: '`move FROM TO` expected' }
    const [, from, to] = read
    if (!(from in files)) return { invalid: `there is no file ${from}` }
    return to in files ? { invalid: `${to} is there already` } : { from, to }
  },
  step: (before, { from, to }) => {
    const { [from]: content, ...others } = before.files
    const state = { ...before, files: { ...others, [to]: content }, stepsLeft: before.stepsLeft - 1 }
    const share = shareInPlace(state.files, state.goal)
    const done = share === 1 || rules.legal(state).length === 0
    const observation = `Moved. In place: ${Math.round(share * 100)} %.`
    return done ? { state, observation, done, reward: share } : { state, observation, done }
  },
}

const shareInPlace = (files: FileTreeState['files'], goal: FileTreeState['goal']): number => {
  const wanted = Object.entries(goal)
  return wanted.filter(([path, content]) => files[path] === content).length / wanted.length
}

const listOf = (files: FileTreeState['files']): string =>
  Object.keys(files)
    .toSorted()
    .map((path) => `- ${path}: ${files[path]}`)
    .join('\n')

function isTree(value: unknown): value is { readonly [path: string]: string } & JsonValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return entries.length > 0 && entries.every(([path, content]) => /^\S+$/.test(path) && typeof content === 'string')
}
