// The native part reads a certificate and its key from files: it writes them to the folder for
// temporary files itself, under names that anybody can guess, readable as the umask has it, reads
// them and takes them away. So that nobody else on the machine ever reads a key, its file is made
// here first, for us alone: the native part then writes into that one. Where somebody else has put
// something in its place nothing is written at all.
import { closeSync, lstatSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** All threads of a process use the same names: one at a time. */
const lockName = 'concordat-http3-key-file'

/** Runs what makes the native part read a key; throws where its file could be read by others. */
export function withKeyFile<T>(run: () => T): Promise<T> {
  return navigator.locks.request(lockName, () => {
    const paths = ['cert', 'key'].map((kind) => join(tmpdir(), `http3_${process.pid}_${kind}.pem`))
    try {
      for (const path of paths) claim(path)
      return run()
    } finally {
      for (const path of paths) rmSync(path, { force: true })
    }
  }) as Promise<T>
}

function claim(path: string): void {
  // A file of ours may be left of a process that had the number before and was killed.
  if (lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.()) rmSync(path)
  closeSync(openSync(path, 'wx', 0o600))
}
