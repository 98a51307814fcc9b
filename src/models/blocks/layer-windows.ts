/** Which keys each layer's queries see, where that differs from layer to layer. */
import type { ConfigFields } from '../config-fields.ts'
import { optionalCount, optionalFlags, optionalNumber, readCount, refuseField } from '../config-fields.ts'

/** By layer: keys visible to a query, itself included; undefined: all. */
export type LayerWindows = readonly (number | undefined)[]

export function uniformWindows(layers: number, window: number | undefined): LayerWindows {
  return Array.from({ length: layers }, () => window)
}

/** Layer i sees all keys when i + 1 is a multiple of `period`, else a window. */
export function periodicWindows(layers: number, window: number | undefined, period: number): LayerWindows {
  return Array.from({ length: layers }, (_, layer) => ((layer + 1) % period === 0 ? undefined : window))
}

/** From the flags of a GGUF file, one for each layer that has the window; undefined when it has none. */
export function windowsFromFlags(
  fields: ConfigFields,
  layers: number,
  window: number | undefined,
): LayerWindows | undefined {
  const key = 'attention.sliding_window_pattern'
  if (window === undefined || typeof fields.get(key) === 'number') return undefined
  const flags = optionalFlags(fields, key)
  if (flags !== undefined && flags.length !== layers) return refuseField(fields, key, `${layers} flags`, flags)
  return flags?.map((has) => (has ? window : undefined))
}

/** From `layer_types`, or undefined when config.json has none (as before transformers 5). */
export function windowsFromLayerTypes(config: ConfigFields, layers: number): LayerWindows | undefined {
  const types = config.get('layer_types')
  if (types === undefined) return undefined
  if (!Array.isArray(types) || types.length !== layers)
    return refuseField(config, 'layer_types', `${layers} names`, types)
  return types.map((type: unknown) => {
    if (type === 'full_attention') return undefined
    if (type === 'sliding_attention') return readCount(config, 'sliding_window')
    return refuseField(config, 'layer_types', `'full_attention' or 'sliding_attention'`, type)
  })
}

/** Qwen: layers from `max_window_layers` on have the window, if windows are used at all. */
export function windowsOfUpperLayers(config: ConfigFields, layers: number): LayerWindows {
  const window = config.get('use_sliding_window') === true ? optionalCount(config, 'sliding_window') : undefined
  const first = optionalNumber(config, 'max_window_layers') ?? layers
  return Array.from({ length: layers }, (_, layer) => (layer >= first ? window : undefined))
}
