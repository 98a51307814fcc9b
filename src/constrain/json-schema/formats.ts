/**
 * The formats that JSON Schema defines, as regular expressions where they are regular. Where a standard leaves more than can be
 * checked byte by byte (internationalised host names, leap seconds in odd time zones) a subset is accepted, never more.
 */
export interface Format {
  readonly pattern?: string
  /** A subset that stricter validators accept as well; for writing. */
  readonly plainPattern?: string
  readonly test?: { holds(text: string): boolean; readonly example: string }
  /** In code points. */
  readonly maxLength?: number
}

const monthDay =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))'
const leapYear = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)'
const date = `(?:[0-9]{4}-${monthDay}|${leapYear}-02-29)`
const offset = '(?:[zZ]|[+\\-](?:[01][0-9]|2[0-3]):[0-5][0-9])'
const time = `(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?${offset}|23:59:60(?:\\.[0-9]+)?(?:[zZ]|[+\\-]00:00))`

const durationTime = '(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))'
const durationDate = '(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)'
const duration = `P(?:[0-9]+W|${durationDate}${durationTime}?|${durationTime})`

const letter = '[a-zA-Z0-9]'
const inner = '[a-zA-Z0-9\\-]'
// Up to 63 characters. Hyphens in both the third and the fourth place mark encoded labels, whose content has rules of its own.
const label = `${letter}(?:${letter}|${inner}(?:${letter}(?:${inner}{0,59}${letter})?|-${letter}(?:${inner}{0,58}${letter})?))?`
const hostname = `${label}(?:\\.${label})*`

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const ipv4 = `${octet}(?:\\.${octet}){3}`
const h16 = '[0-9a-fA-F]{1,4}'
const ls32 = `(?:${h16}:${h16}|${ipv4})`
/** RFC 3986, section 3.2.2. */
const ipv6 = [
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  `(?:${h16})?::(?:${h16}:){4}${ls32}`,
  `(?:(?:${h16}:){0,1}${h16})?::(?:${h16}:){3}${ls32}`,
  `(?:(?:${h16}:){0,2}${h16})?::(?:${h16}:){2}${ls32}`,
  `(?:(?:${h16}:){0,3}${h16})?::${h16}:${ls32}`,
  `(?:(?:${h16}:){0,4}${h16})?::${ls32}`,
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`,
].join('|')

const atext = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\\-]"
const quotedLocal = '"(?:[ !#-\\[\\]-~]|\\\\[ -~])*"'
const literal = `\\[(?:${ipv4}|IPv6:(?:${ipv6}))\\]`
const dotAtom = `${atext}+(?:\\.${atext}+)*`
const plainEmail = `${dotAtom}@${label}(?:\\.${label})+`
const email = `(?:${dotAtom}|${quotedLocal})@(?:${hostname}|${literal})`

/** RFC 3986 with, for the internationalised forms of RFC 3987, more characters. */
function uriParts(extra: string, extraQuery: string) {
  const percent = '%[0-9a-fA-F]{2}'
  const unreserved = `a-zA-Z0-9\\-._~${extra}`
  const pchar = `(?:[${unreserved}!$&'()*+,;=:@]|${percent})`
  const noColon = `(?:[${unreserved}!$&'()*+,;=@]|${percent})+`
  const future = `[vV][0-9a-fA-F]+\\.[a-zA-Z0-9\\-._~!$&'()*+,;=:]+`
  const host = `(?:\\[(?:${ipv6}|${future})\\]|(?:[${unreserved}!$&'()*+,;=]|${percent})*)`
  const authority = `(?:(?:[${unreserved}!$&'()*+,;=:]|${percent})*@)?${host}(?::[0-9]*)?`
  const segments = `(?:/${pchar}*)*`
  const absolutePath = `/(?:${pchar}+${segments})?`
  const tail = `(?:\\?(?:${pchar}|[/?${extraQuery}])*)?(?:#(?:${pchar}|[/?])*)?`
  const full = `[a-zA-Z][a-zA-Z0-9+.\\-]*:(?://${authority}${segments}|${absolutePath}|${pchar}+${segments}|)${tail}`
  const relative = `(?://${authority}${segments}|${absolutePath}|${noColon}${segments}|)${tail}`
  return { full, reference: `${full}|${relative}` }
}

/** Planes 1 to 14 without the non-characters at their ends. */
const planes = Array.from({ length: 14 }, (_, index) => {
  const plane = (index + 1).toString(16)
  return `\\u{${plane}0000}-\\u{${plane}FFFD}`
}).join('')

const uri = uriParts('', '')
const iri = uriParts(
  `\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}${planes}`,
  '\\u{E000}-\\u{F8FF}\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}',
)

const pointer = '(?:/(?:[^~/]|~[01])*)*'
const expressionVariable =
  '(?:[a-zA-Z0-9_]|%[0-9a-fA-F]{2})(?:\\.?(?:[a-zA-Z0-9_]|%[0-9a-fA-F]{2}))*(?::[1-9][0-9]{0,3}|\\*)?'
/** RFC 6570. */
const template = `(?:[!#$&'(-;=?-\\[\\]_a-z~\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FFEF}${planes}]|%[0-9a-fA-F]{2}|\\{[+#./;?&=,!@|]?${expressionVariable}(?:,${expressionVariable})*\\})*`

const formats: Readonly<Record<string, Format>> = {
  date: regular(date),
  time: regular(time),
  'date-time': regular(`${date}[tT]${time}`),
  duration: regular(duration),
  email: { ...regular(email), plainPattern: `^${plainEmail}$` },
  'idn-email': { ...regular(email), plainPattern: `^${plainEmail}$` },
  hostname: { ...regular(hostname), maxLength: 253 },
  'idn-hostname': { ...regular(hostname), maxLength: 253 },
  ipv4: regular(ipv4),
  ipv6: regular(ipv6),
  uri: regular(uri.full),
  'uri-reference': regular(uri.reference),
  iri: regular(iri.full),
  'iri-reference': regular(iri.reference),
  'uri-template': regular(template),
  uuid: regular('[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'),
  'json-pointer': regular(pointer),
  'relative-json-pointer': regular(`(?:0|[1-9][0-9]*)(?:#|${pointer})`),
  regex: { test: { holds: isRegex, example: '' } },
}

/** What a format demands; undefined for names that JSON Schema does not define. */
export function formatOf(name: string): Format | undefined {
  return Object.hasOwn(formats, name) ? formats[name] : undefined
}

function regular(source: string): Format {
  return { pattern: `^(?:${source})$` }
}

function isRegex(text: string): boolean {
  try {
    RegExp(text, 'u')
    return true
  } catch {
    // A syntax error is the answer.
    return false
  }
}
