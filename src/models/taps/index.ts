/** Looking inside a running model. */
export { listTapPoints, selectTapPoints } from './tap-points.ts'
export type { TapPoint } from './tap-points.ts'
export { watchPoints } from './watch-points.ts'
export type { RunPlace, TapRecord, Watch, Watcher } from './watch-points.ts'
