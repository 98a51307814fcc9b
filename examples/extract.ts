/** Records out of a text: `node examples/extract.ts [TEXT]`. Every record is of the schema's type. */
import * as z from 'zod'
import { extract, load } from '../src/index.ts'

const purchase = z.object({
  name: z.string(),
  age: z.number().int().nullable(),
  city: z.string().nullable(),
  price: z.number(),
})
const text =
  process.argv[2] ??
  'Dear team, on 3 May Anna Schmidt (34) from Bonn bought 3 lamps for 59.90 euros. ' +
    'Her brother Karl, 41, who lives in Rome, ordered one table for 249 euros.'

await using model = await load('smollm2:135m')
console.table(await extract(model, text, purchase, { maxTokens: 300, mostRecords: 10 }))
