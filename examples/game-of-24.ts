/**
 * The Game of 24 by tree search, the tree drawn live: `node examples/game-of-24.ts [NUMBERS] [MODEL] [CALLS]`. Samples are held to the steps that
 * are legal, so that even a small model searches instead of stumbling.
 */
import { createTreeView, environmentNamed, lats } from '../src/agents/index.ts'
import { load } from '../src/index.ts'
import type { LanguageModel } from '../src/tools/language-model.ts'

interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/** Searches and draws; on a screen that is no terminal once, at the end. */
export async function solve(model: LanguageModel, numbers: string, screen: Screen, calls = 150): Promise<void> {
  const { create, readTask, guide } = environmentNamed('game-of-24')
  const tree = createTreeView()
  const live = screen.isTTY === true
  const draw = (): string => tree.draw({ width: screen.columns ?? 100, height: (screen.rows ?? 40) - 8, colour: live })
  const options = { guide, budget: { depth: 3, modelCalls: calls } }
  for await (const event of lats(model, create(), readTask(numbers), options)) {
    tree.apply(event)
    // From the corner of the screen, over what was there.
    if (live && event.type === 'path-update') screen.write(`\u001B[H\u001B[J${draw()}\n`)
    if (event.type !== 'run-end') continue
    const { best, reason, spent } = event.result
    if (!live) screen.write(`${draw()}\n`)
    for (const { action, observation } of best?.steps ?? []) screen.write(`${action}  →  ${observation}\n`)
    screen.write(
      `${reason}, ${spent.modelCalls} calls, ${spent.tokensComputed} of ${spent.tokensSeen} tokens computed\n`,
    )
  }
}

if (import.meta.main) {
  await using model = await load(process.argv[3] ?? 'smollm2:135m')
  await solve(model, process.argv[2] ?? '4 9 10 13', process.stdout, Number(process.argv[4] ?? 150))
}
