/** JSON Schemas of what goes over the wire. */
import { z, type ZodType } from 'zod'

type JsonObject = Record<string, unknown>

/** In JSON what is undefined is absent: a property that may be undefined is not required. */
export function wireSchema(schema: ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...converted } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod
      if (def.type !== 'object' || jsonSchema.required === undefined) return
      const { shape } = def as z.core.$ZodObjectDef
      const mayLack = (name: string): boolean => {
        const { success, data } = z.safeParse(shape[name], undefined)
        return success && data === undefined
      }
      const required = jsonSchema.required.filter((name) => !mayLack(name))
      if (required.length > 0) jsonSchema.required = required
      else delete jsonSchema.required
    },
  })
  return converted
}
