/** What a scripted model answers in the page's tests: the words of the message choose the scene. */
import type { ChatEvent } from '../../src/tools/chat-model.ts'
import { type ScriptedCall, endEvent, toolCallEvents } from './scripted-model.ts'

/** Shows every kind of block that Markdown has. */
export const showcase = `The sky is blue because air scatters **short wavelengths** more than long ones. The strength goes with the fourth power of the frequency, so violet and blue light reach your eye from every direction.

### In numbers

| Colour | Wavelength | Scattered, relative |
| --- | --- | --- |
| Red | 700 nm | 1.0 |
| Green | 530 nm | 3.0 |
| Blue | 450 nm | 5.9 |

At sunset the path through the air is *forty times* longer:

1. Blue is scattered out of the beam.
2. What remains is red and orange.
   - Dust deepens the colour.

\`\`\`python
def scattering(wavelength_nm: float) -> float:
    """Relative to red light, after Rayleigh."""
    return (700 / wavelength_nm) ** 4  # the fourth power

print(f"{scattering(450):.1f}")
\`\`\`

> Violet is scattered more still, but the sun sends less of it, and our eyes are less sensitive to it.`

export const reasoning =
  'The user wants a short answer. Rayleigh scattering explains it; I should name the fourth power and give a number or two.'

const tale =
  ' blew for the third day, the fishermen mended their nets in silence and waited for the sea to remember them.'

/** The same call always gets the same answer. */
export function* studioAnswer({ messages, prompt, options }: ScriptedCall): Generator<ChatEvent> {
  if (prompt !== undefined) return yield* continuation()
  const last = messages?.at(-1)
  const text = typeof last?.content === 'string' ? last.content : ''
  if (last?.role === 'tool') yield* say(`The function says: \`${text}\`.`)
  else if (options.format?.type === 'json-schema') {
    yield* say('{"title": "Invisible Cities", "topics": ["memory", "travel"], "rating": 5}')
  } else if (options.tools !== undefined && options.toolChoice !== 'none') yield* callFunctions(text, options.tools)
  else if (/think/i.test(text)) {
    for (const word of reasoning.split(/(?<= )/)) yield { type: 'reasoning-delta', text: word }
    yield* say('Because of Rayleigh scattering.')
  } else if (text.startsWith('say:')) yield* say(text.slice('say:'.length))
  else if (/count/i.test(text)) yield* say(Array.from({ length: 2000 }, (_, i) => `${i + 1} `).join(''))
  else yield* say(showcase)
}

function* say(text: string): Generator<ChatEvent> {
  const words = text.split(/(?<=[\s])/)
  for (const word of words) yield { type: 'text-delta', text: word }
  yield endEvent('stop', words.length)
}

function* callFunctions(text: string, tools: NonNullable<ScriptedCall['options']['tools']>): Generator<ChatEvent> {
  const name = tools[0]?.function.name ?? ''
  const given =
    name === 'calculator'
      ? { expression: /[\d(][\d\s()+*/^-]*/.exec(text.replace(/times/, '*'))?.[0].trim() ?? '47 * 89' }
      : { city: 'Genoa, Italy', unit: 'celsius' }
  yield* toolCallEvents(0, name, given)
  yield endEvent('tool-calls', 12)
}

function* continuation(): Generator<ChatEvent> {
  const tokens = tale.match(/ ?[\w,.]+?(?=[ ,.]|$)|[,.]/g) ?? []
  for (const [index, text] of tokens.entries()) {
    const logprob = -[0.05, 0.4, 1.2, 2.6, 0.8][index % 5]
    const rivals = [' this', ' a', ' still', ' had'].map((rival, rank) => ({
      token: rank,
      text: rival,
      logprob: Math.log((1 - Math.exp(logprob)) * 0.5 ** (rank + 1)),
    }))
    yield {
      type: 'text-delta',
      text,
      logprobs: [{ token: 1000 + index, logprob, text, top: [{ token: 1000 + index, text, logprob }, ...rivals] }],
    }
  }
  yield endEvent('stop', tokens.length)
}
