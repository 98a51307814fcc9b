/** Dark or light: the system's preference until the user chooses. `public/theme.js` applies the choice before the first paint. */

export type Theme = 'light' | 'dark'

const name = 'ostro.theme'

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme
  if (chosen === 'light' || chosen === 'dark') return chosen
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function toggleTheme(): Theme {
  const next = currentTheme() === 'dark' ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  localStorage.setItem(name, next)
  return next
}
