/** Something to try each task with. */
import type { ExampleForm } from '../runs/example-form.ts'

const lighthouse = `The lighthouse of Cape Ostro stands on a rock forty metres above the harbour. The tower of today was built in 1843, after a storm had thrown the one before it into the sea. It is 62 metres high and was built of grey stone that came by ship from the other side of the bay.

For a century a keeper and his family lived at its foot and carried olive oil up 287 steps every evening. In 1871 the lamp got a lens of cut glass, and its light could be seen from 24 nautical miles away. Electric light came in 1936, and with it the first telephone of the village.

The last keeper left in 1988. Since 2004 a path along the old walls leads to the tower, and its first terrace is open to visitors on Sundays. A small museum shows the old lens, a log book of all ships that passed, and the bell that was rung in fog.`

const personSchema = JSON.stringify(
  {
    type: 'object',
    properties: {
      name: { type: 'string' },
      age: { type: ['integer', 'null'] },
      city: { type: ['string', 'null'] },
    },
    required: ['name', 'age', 'city'],
    additionalProperties: false,
  },
  undefined,
  2,
)

export const taskExamples: Readonly<Record<string, ExampleForm>> = {
  summarise: { input: { text: lighthouse }, config: { maxWords: '50' } },
  classify: {
    input: {
      text: 'The home side scored twice in the last ten minutes and won the final in front of sixty thousand fans.',
    },
    config: { labels: 'sports\nbusiness\nscience\npolitics', question: 'Topic of the article' },
  },
  sentiment: {
    input: { text: 'The room was tiny and smelled of smoke, and nobody at the desk cared. We left after one night.' },
    config: {},
  },
  answer: {
    input: { question: 'How far could the light be seen?', documents: [{ name: 'lighthouse.txt', text: lighthouse }] },
    config: {},
  },
  extract: {
    input: {
      text: 'Ada Moretti, 34, runs the bakery in Genoa. Her brother Luca is 29 and works at the port of Savona.',
    },
    config: { schema: personSchema },
  },
  insights: {
    input: {
      texts: [
        'The staff were kind. The queue at the desk was far too long.',
        'We waited forty minutes in the queue. Breakfast was good.',
        'Friendly staff, but the queue for check-in was very long.',
        'Breakfast was good and the room was clean.',
      ].map((text) => ({ name: '', text })),
    },
    config: {},
  },
  correct: {
    input: { text: 'She go to school every day. Their are many reason for it, and I has seen all of them.' },
    config: {},
  },
  translate: { input: { text: 'The sea is calm today. We will sail at noon.' }, config: { from: 'en', to: 'fr' } },
}
