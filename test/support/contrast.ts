/** Whether the texts of a page can be read: their contrast after WCAG 2, as the browser has computed the colours. */
import type { Page } from 'playwright-core'

/** Texts below 4.5:1 (3:1 from 24 px on), each with its ratio. What is disabled, hidden or transparent by design is left out. */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    if (canvas === null) throw new Error('no canvas')
    /** Any CSS colour as it looks on the colour below it. */
    const painted = (color: string, below: string): number[] => {
      canvas.fillStyle = below
      canvas.fillRect(0, 0, 1, 1)
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
      return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
    }
    const css = (rgb: number[]) => `rgb(${rgb.join(' ')})`
    const background = (element: Element | null): string => {
      if (element === null) return 'white'
      return css(painted(getComputedStyle(element).backgroundColor, background(element.parentElement)))
    }
    const luminance = (rgb: number[]) => {
      const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
        const share = value / 255
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const hasText = (element: Element) =>
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim())
    const counts = (element: Element) =>
      hasText(element) &&
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      !element.matches(':disabled, :disabled *, [inert] *, .visually-hidden, .shimmer, textarea, .skip-link')
    return [...document.body.querySelectorAll('*')].filter(counts).flatMap((element) => {
      const style = getComputedStyle(element)
      const below = background(element)
      const [light = 0, dark = 0] = [luminance(painted(style.color, below)), luminance(painted(below, below))].sort(
        (a, b) => b - a,
      )
      const ratio = (light + 0.05) / (dark + 0.05)
      const enough = parseFloat(style.fontSize) >= 24 ? 3 : 4.5
      return ratio >= enough
        ? []
        : [`${ratio.toFixed(2)} ${element.className} "${element.textContent?.trim().slice(0, 30)}"`]
    })
  })
}
