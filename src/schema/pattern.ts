// Patterns of a contract.

/** Why a pattern cannot be used, or undefined. */
export function patternFault(source: string): string | undefined {
  try {
    new RegExp(source, 'u')
    return undefined
  } catch {
    return 'the pattern is no regular expression'
  }
}

export function linkPattern(source: string): (text: string) => boolean {
  const compiled = new RegExp(source, 'u')
  return (text) => compiled.test(text)
}
