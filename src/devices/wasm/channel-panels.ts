/** States as [channels / panelWidth] panels of [N, panelWidth], so that a vector holds neighbouring channels: the layout of float weights too. */

/** Channels that one thread computes at a time: four vectors of f32, so that a row is one cache line. */
export const panelWidth = 16

export const panelsOf = (channels: number): number => Math.ceil(channels / panelWidth)

/** f32 values that a state [channels, N] takes. */
export const countPanelValues = (channels: number, stateSize: number): number =>
  panelsOf(channels) * panelWidth * stateSize

/** Gives [channels, N]. */
export function readPanels(panels: Float32Array, channels: number, stateSize: number): Float32Array {
  return Float32Array.from({ length: channels * stateSize }, (_, index) => panels[placeInPanels(index, stateSize)])
}

/** `values` are [channels, N]; lanes beyond the channels keep what they have. */
export function writePanels(panels: Float32Array, stateSize: number, values: Float32Array): void {
  values.forEach((value, index) => {
    panels[placeInPanels(index, stateSize)] = value
  })
}

function placeInPanels(index: number, stateSize: number): number {
  const channel = Math.floor(index / stateSize)
  const panel = Math.floor(channel / panelWidth)
  return (panel * stateSize + (index % stateSize)) * panelWidth + (channel % panelWidth)
}
