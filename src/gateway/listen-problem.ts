// Why a port cannot be listened on, as a sentence.

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another program',
  EACCES: 'not permitted',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** `who` is what would listen: `the gateway`. */
export function listenProblem(
  who: string,
  { host, port }: { readonly host: string; readonly port: number },
  error: NodeJS.ErrnoException,
): string {
  const reason = reasons[error.code ?? ''] ?? error.message
  return `${who} cannot listen on ${host}:${port}: ${reason}`
}
