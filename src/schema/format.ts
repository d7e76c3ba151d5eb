// Formats that are known here.
export const isKnownFormat = (name: string): boolean => name === ''

export function formatTest(name: string, kind: 'string'): ((value: string) => boolean) | undefined
export function formatTest(name: string, kind: 'number'): ((value: number) => boolean) | undefined
export function formatTest(name: string, kind: 'string' | 'number'): undefined {
  void name
  void kind
  return undefined
}
