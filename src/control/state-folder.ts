// Where a program of this user keeps what must outlive it.
import { join } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/** Where certificates are kept that no setting has a place for. */
export const certificateFolder = (env: Env): string | undefined => under(stateFolder(env), 'acme')

/** Of an authority of this user, and of what it certifies. */
export const localTlsFolder = (env: Env): string | undefined => under(stateFolder(env), 'tls')

/** As the service manager has it, else the user's own; undefined where nobody names one. */
function stateFolder(env: Env): string | undefined {
  // systemd gives a unit with several folders all of them, with colons between.
  const [given] = (env['STATE_DIRECTORY'] ?? '').split(':')
  if (given) return given
  const base = env['XDG_STATE_HOME'] || env['LOCALAPPDATA'] || under(env['HOME'], '.local/state')
  return under(base, 'concordat')
}

const under = (folder: string | undefined, name: string): string | undefined =>
  folder ? join(folder, name) : undefined
