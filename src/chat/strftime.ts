/** Python's `strftime` in the C locale, for templates that print the date. */

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** Formats the local time of `date`. A directive that is not known stays as it is. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (whole, bare: string, directive: string) => {
    const shown = field(date, directive)
    if (shown === undefined) return whole
    return bare === '-' ? shown.replace(/^[0 ]+(?=.)/, '') : shown
  })
}

const two = (value: number): string => String(value).padStart(2, '0')

function field(date: Date, directive: string): string | undefined {
  switch (directive) {
    case 'Y':
      return String(date.getFullYear())
    case 'y':
      return two(date.getFullYear() % 100)
    case 'm':
      return two(date.getMonth() + 1)
    case 'd':
      return two(date.getDate())
    case 'e':
      return String(date.getDate()).padStart(2, ' ')
    case 'B':
      return MONTHS[date.getMonth()]
    case 'b':
    case 'h':
      return MONTHS[date.getMonth()].slice(0, 3)
    case 'A':
      return DAYS[date.getDay()]
    case 'a':
      return DAYS[date.getDay()].slice(0, 3)
    case 'u':
      return String(date.getDay() || 7)
    case 'w':
      return String(date.getDay())
    case 'H':
      return two(date.getHours())
    case 'I':
      return two(date.getHours() % 12 || 12)
    case 'M':
      return two(date.getMinutes())
    case 'S':
      return two(date.getSeconds())
    case 'f':
      return String(date.getMilliseconds() * 1000).padStart(6, '0')
    case 'p':
      return date.getHours() < 12 ? 'AM' : 'PM'
    case 'j':
      return String(dayOfYear(date)).padStart(3, '0')
    case 'F':
      return strftime(date, '%Y-%m-%d')
    case 'T':
    case 'X':
      return strftime(date, '%H:%M:%S')
    case 'D':
    case 'x':
      return strftime(date, '%m/%d/%y')
    case 'R':
      return strftime(date, '%H:%M')
    case 'c':
      return strftime(date, '%a %b %e %H:%M:%S %Y')
    case '%':
      return '%'
    default:
      return undefined
  }
}

function dayOfYear(date: Date): number {
  const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return (midnight - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000 + 1
}
