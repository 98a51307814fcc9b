/** The extension `tap`: steps of the model to look at while it answers, and what they made as base64. */
import { z } from 'zod'
import type { TapEvent } from '../../tools/chat-model.ts'

export const tapField = z
  .array(z.string().min(1).max(200))
  .min(1)
  .max(16)
  .nullish()
  .describe(
    'Extension: steps to look at, such as blk.3.attention, router.*, blk.*.attn_norm; * stands for any text. What each run makes of them comes as tap objects',
  )

export const tapObject = z
  .strictObject({
    choice: z.int().describe('Index of the answer'),
    step: z.string(),
    position: z.int().describe('Position of the first token that it is about'),
    shape: z
      .array(z.int())
      .describe("[tokens, ...]; of an attention's weights [heads, tokens, positions]; of the size of a state [1]"),
    dtype: z.literal('f32'),
    data: z.string().describe('base64 of little-endian values, row by row'),
    skipped: z.int().optional().describe('Objects left out before this one because the client reads too slowly'),
  })
  .meta({ id: 'Tap', description: 'Extension: what a run of the model made of a step' })

export function tapOf({ step, position, shape, data, skipped }: TapEvent, choice: number): z.infer<typeof tapObject> {
  const more = skipped === undefined ? {} : { skipped }
  return { choice, step, position, shape: [...shape], dtype: 'f32', data: base64Of(data), ...more }
}

/** btoa takes a string; longer pieces would overflow the stack of `fromCharCode`. */
const pieceBytes = 0x8000

function base64Of(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  values.forEach((value, index) => view.setFloat32(4 * index, value, true))
  const bytes = new Uint8Array(view.buffer)
  let text = ''
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    text += String.fromCharCode(...bytes.subarray(at, at + pieceBytes))
  }
  return btoa(text)
}
