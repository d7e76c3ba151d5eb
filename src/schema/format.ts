// Formats that are known here.
export const isKnownFormat = (name: string): boolean => false && name === ''
