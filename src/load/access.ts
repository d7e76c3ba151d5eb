// What may be read of the disk, and how it is said that something cannot be.
import { constants } from 'node:fs'
import { sep } from 'node:path'
import { absentContent, unreadContent } from '../base.ts'

/** Without blocking, or a named pipe would hold us until somebody writes to it. */
export const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Whether a real path is one of these, also real, or lies in one. */
export const isWithin = (path: string, folders: readonly string[]): boolean =>
  folders.some(
    (folder) => path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep),
  )

export const outsideText = (path: string): string =>
  `${path} lies outside the contract's folder: allow it with --allow-ref`

interface Kind {
  isDirectory(): boolean
  isFile(): boolean
}

/** Throws, as the system does, where it is no regular file. */
export function demandFile(kind: Kind): void {
  if (kind.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
  if (!kind.isFile()) throw Object.assign(new Error(), { code: 'NOTFILE' })
}

/** What `SourceFile.content` says of a file that could not be read. */
export function missedContent({ code }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' || code === 'ENOTDIR' ? absentContent : unreadContent
}

const failures: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ELOOP: 'is a circle of symbolic links',
  NOTFILE: 'is not a regular file',
}

export function failureText(path: string, { code }: NodeJS.ErrnoException): string {
  return `${path} ${failures[code ?? ''] ?? `cannot be read (${code ?? 'unknown'})`}`
}
