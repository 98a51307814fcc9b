import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Environment, isInvalid } from '../environment.ts'
import { fileTree } from './file-tree.ts'
import { keyDoor, keyDoorTask } from './key-door.ts'
import { countdownTask } from './number-tasks.ts'
import { countdown, gameOf24 } from './numbers-environment.ts'
import { environmentNamed, environments } from './registry.ts'

const files = {
  files: { 'a.txt': 'note', 'b.txt': 'letter' },
  goal: { 'notes/a.txt': 'note', 'letters/b.txt': 'letter' },
  steps: 3,
}

const cases = [
  ['game-of-24', gameOf24, [4, 9, 10, 13]],
  ['countdown', countdown, { ...countdownTask(1) }],
  ['key-door', keyDoor, { ...keyDoorTask(1) }],
  ['file-tree', fileTree, files],
] as const

async function actionsOf<A>(environment: Environment<A>): Promise<readonly A[]> {
  const legal = await environment.legal?.()
  if (!Array.isArray(legal)) throw new Error('a list of actions expected')
  return legal
}

describe.each(cases)('%s', (_, create, task) => {
  const environment = create() as Environment<unknown>

  it('reads the text of every legal action as that action, all the way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 20, maxLength: 20 }), async (choices) => {
        await environment.reset(task, 0)
        for (const choice of choices) {
          const legal = await actionsOf(environment)
          if (legal.length === 0) return
          const texts = legal.map((action) => environment.canonical(action))
          expect(new Set(texts).size).toBe(texts.length)
          for (const text of texts) {
            const read = environment.parse(text)
            expect(isInvalid(read) ? read : environment.canonical(read)).toBe(text)
          }
          const { done, reward } = await environment.step(legal[choice % legal.length])
          expect(done).toBe((await actionsOf(environment)).length === 0)
          expect(reward === undefined).toBe(!done)
          if (done) return
        }
      }),
      { numRuns: 30 },
    )
  })

  it('comes back to a snapshot that has been through JSON, in another instance too', async () => {
    await environment.reset(task, 0)
    const [action] = await actionsOf(environment)
    const before = JSON.stringify(await environment.snapshot())
    const first = await environment.step(action)
    const after = JSON.stringify(await environment.snapshot())
    const other = environment.copy?.() ?? environment
    for (const instance of [environment, other]) {
      await instance.restore(JSON.parse(before))
      expect(await instance.step(action)).toEqual(first)
      expect(JSON.stringify(await instance.snapshot())).toBe(after)
    }
  })

  it('refuses what is no task and no action, and says what it wants', async () => {
    const fresh = create() as Environment<unknown>
    await expect(fresh.snapshot()).rejects.toMatchObject({ code: 'environment-failed' })
    for (const wrong of [null, 'x', {}, { numbers: [1], steps: 0 }, [0.5, 2]]) {
      await expect(fresh.reset(wrong, 0)).rejects.toMatchObject({ code: 'environment-failed' })
    }
    await fresh.reset(task, 0)
    expect(fresh.parse('please help')).toHaveProperty('invalid')
  })
})

describe('rules', () => {
  it('of numbers name what is broken', async () => {
    const environment = gameOf24()
    await environment.reset([4, 9, 10, 13], 0)
    expect(environment.parse('4 + 5')).toEqual({ invalid: '5 is not among the numbers left: 4 9 10 13' })
    expect(environment.parse('4 * 4')).toEqual({ invalid: '4 is not among the numbers left: 4 9 10 13' })
    expect(environment.parse('13-9 = 4')).toMatchObject({ operator: '-' })
    const whole = countdown()
    await whole.reset({ numbers: [3, 7, 8], target: 20 }, 0)
    expect(whole.parse('7 / 3')).toEqual({ invalid: '7 / 3 is no whole number above 0' })
    expect(whole.parse('3 - 7')).toEqual({ invalid: '3 - 7 is no whole number above 0' })
  })

  it('of the Game of 24 know fractions: 3 3 8 8', async () => {
    const environment = gameOf24()
    await environment.reset([3, 3, 8, 8], 0)
    let last
    for (const text of ['8 / 3', '3 - 8/3', '8 / 1/3']) {
      const action = environment.parse(text)
      if (isInvalid(action)) throw new Error(action.invalid)
      last = await environment.step(action)
    }
    expect(last).toEqual({ observation: '8 / (3 - (8 / 3)) = 24. The target is made.', done: true, reward: 1 })
  })

  it('of the grid: no door without the key, half for halfway', async () => {
    const environment = keyDoor()
    await environment.reset({ rows: ['KS', 'D#', 'E.'], steps: 2 }, 0)
    await environment.step('west')
    expect(await environment.step('south')).toMatchObject({ done: true, reward: 0.5 })
    await environment.reset({ rows: ['.SK', 'D##', 'E..'], steps: 9 }, 0)
    await environment.step('west')
    expect(environment.parse('south')).toEqual({ invalid: 'the way south is barred; free are east' })
  })

  it('of the file tree: the share in place', async () => {
    const environment = fileTree()
    await environment.reset(files, 0)
    expect((await environment.step({ from: 'a.txt', to: 'notes/a.txt' })).observation).toBe('Moved. In place: 50 %.')
    expect(await environment.step({ from: 'b.txt', to: 'letters/b.txt' })).toMatchObject({ done: true, reward: 1 })
  })
})

describe('environments by name', () => {
  it('read the task that they show as an example', async () => {
    for (const { create, readTask, taskForm, depth, guide } of environments) {
      const task = readTask(taskForm)
      const environment = create()
      await environment.reset(task, 0)
      expect(environment.describe().length).toBeGreaterThan(10)
      expect(depth(task)).toBeGreaterThan(0)
      expect(guide.examples?.length).toBeGreaterThan(0)
    }
    expect(() => environmentNamed('chess')).toThrow('game-of-24')
    expect(() => environmentNamed('countdown').readTask('a b')).toThrow('whole numbers')
  })
})
