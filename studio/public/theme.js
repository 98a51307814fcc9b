// Before the first paint, so that a chosen theme does not flash the other one. Written by src/app/theme.ts.
try {
  const chosen = localStorage.getItem('ostro.theme')
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen
} catch {
  // Storage is forbidden here: the system's preference decides.
}
