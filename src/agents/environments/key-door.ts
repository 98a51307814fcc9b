/** A grid with walls: fetch the key, pass the door, reach the exit. Steps change the grid's state, and searches bring it back. */
import { OstroError } from '../../util/error.ts'
import type { JsonValue } from '../../util/json.ts'
import { createRandom } from '../../util/random.ts'
import type { Environment } from '../environment.ts'
import { defineEnvironment, type Rules } from './define-environment.ts'

const directions = { north: [0, -1], south: [0, 1], west: [-1, 0], east: [1, 0] } as const

export type Direction = keyof typeof directions

type KeyDoorState = {
  /** `#` wall, `K` key, `D` door, `E` exit, `.` floor; the start is floor. */
  readonly rows: readonly string[]
  readonly x: number
  readonly y: number
  readonly hasKey: boolean
  readonly stepsLeft: number
}

export interface KeyDoorTask {
  /** As the state's, with `S` for the start. */
  readonly rows: readonly string[]
  /** Moves that may be made. */
  readonly steps: number
}

/** A task is `{ rows, steps }`; see `keyDoorTask` for random ones. */
export const keyDoor = (): Environment<Direction> => defineEnvironment('key-door', rules)

const rules: Rules<KeyDoorState, Direction> = {
  effect: 'reversible',
  start: (task) => {
    const { rows, steps } = readTask(task)
    const y = rows.findIndex((row) => row.includes('S'))
    const x = rows[y].indexOf('S')
    return { rows: rows.map((row) => row.replace('S', '.')), x, y, hasKey: false, stepsLeft: steps }
  },
  describe: (state) => {
    const shown = state.rows.map((row, y) =>
      y === state.y ? `${row.slice(0, state.x)}@${row.slice(state.x + 1)}` : row,
    )
    return `You are @. Fetch the key K, pass the door D, reach the exit E; # is wall.\n${shown.join('\n')}\n${statusOf(state)}`
  },
  legal: (state) => (isOver(state) ? [] : reachable(state)),
  canonical: (direction) => direction,
  parse: (text, state) => {
    const direction = text.trim().toLowerCase()
    if (!(direction in directions)) return { invalid: `one of ${Object.keys(directions).join(', ')} expected` }
    const free = reachable(state)
    if (free.includes(direction as Direction)) return direction as Direction
    return { invalid: `the way ${direction} is barred; free are ${free.join(', ')}` }
  },
  step: (before, direction) => {
    const [dx, dy] = directions[direction]
    const x = before.x + dx
    const y = before.y + dy
    const cell = before.rows[y][x]
    const taken = cell === 'K' || cell === 'D'
    const rows = taken ? before.rows.map((row, at) => (at === y ? replaceAt(row, x, '.') : row)) : before.rows
    const state = { rows, x, y, hasKey: before.hasKey || cell === 'K', stepsLeft: before.stepsLeft - 1 }
    if (cell === 'E') return { state, observation: 'You reach the exit.', done: true, reward: 1 }
    const found = cell === 'K' ? 'You take the key. ' : cell === 'D' ? 'You pass the door. ' : ''
    if (reachable(state).length > 0 && state.stepsLeft > 0) {
      return { state, observation: `${found}${statusOf(state)}`, done: false }
    }
    // Halfway is worth half.
    return { state, observation: `${found}No moves are left.`, done: true, reward: state.hasKey ? 0.5 : 0 }
  },
}

/** A random grid whose exit can be reached in `steps` moves. The same seed gives the same grid. */
export function keyDoorTask(seed: number, size = 5): KeyDoorTask {
  const { float } = createRandom(seed)
  for (;;) {
    const cells: string[] = Array.from({ length: size * size }, () => (float() < 0.2 ? '#' : '.'))
    const wall = 1 + Math.floor(float() * (size - 2))
    for (let x = 0; x < size; x++) cells[wall * size + x] = '#'
    const put = (what: string, fromRow: number, toRow: number): void => {
      cells[(fromRow + Math.floor(float() * (toRow - fromRow))) * size + Math.floor(float() * size)] = what
    }
    put('D', wall, wall + 1)
    put('E', wall + 1, size)
    put('K', 0, wall)
    put('S', 0, wall)
    const rows = Array.from({ length: size }, (_, y) => cells.slice(y * size, (y + 1) * size).join(''))
    const steps = shortestWay(rows)
    if (steps !== undefined) return { rows, steps: steps + 2 }
  }
}

/** Moves of the shortest way; undefined where there is none. */
function shortestWay(rows: readonly string[]): number | undefined {
  if (!['S', 'K', 'D', 'E'].every((cell) => rows.some((row) => row.includes(cell)))) return undefined
  let front = [rules.start({ rows, steps: rows.length ** 2 * 4 }, 0)]
  const seen = new Set<string>()
  for (let moves = 1; front.length > 0; moves++) {
    const next: KeyDoorState[] = []
    for (const state of front) {
      for (const direction of reachable(state)) {
        const after = rules.step(state, direction)
        if (after.reward === 1) return moves
        const key = `${after.state.x} ${after.state.y} ${after.state.hasKey} ${after.state.rows.join()}`
        if (after.done || seen.has(key)) continue
        seen.add(key)
        next.push(after.state)
      }
    }
    front = next
  }
  return undefined
}

function reachable({ rows, x, y, hasKey }: KeyDoorState): Direction[] {
  return (Object.keys(directions) as Direction[]).filter((direction) => {
    const [dx, dy] = directions[direction]
    const cell = rows[y + dy]?.[x + dx]
    return cell !== undefined && cell !== '#' && (cell !== 'D' || hasKey)
  })
}

const isOver = ({ rows, x, y, stepsLeft }: KeyDoorState): boolean => stepsLeft === 0 || rows[y][x] === 'E'

const statusOf = (state: KeyDoorState): string =>
  `Free ways: ${reachable(state).join(', ')}. Key: ${state.hasKey ? 'yes' : 'no'}. Moves left: ${state.stepsLeft}.`

const replaceAt = (row: string, at: number, cell: string): string => row.slice(0, at) + cell + row.slice(at + 1)

function readTask(task: JsonValue): KeyDoorTask {
  const { rows, steps } = (task ?? {}) as { rows?: unknown; steps?: unknown }
  const isGrid = Array.isArray(rows) && rows.every((row) => typeof row === 'string' && row.length === rows[0].length)
  const starts = isGrid ? rows.join('').split('S').length - 1 : 0
  if (isGrid && starts === 1 && typeof steps === 'number' && Number.isInteger(steps) && steps > 0)
    return { rows, steps }
  const message = `key-door: { rows, steps } with rows of equal length and one S expected, got ${JSON.stringify(task)}.`
  throw new OstroError('environment-failed', message)
}
