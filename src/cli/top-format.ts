// Numbers as `top` shows them: three digits are enough to see, and columns must not jump.

export function countText(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} G`
  if (count >= 1e6) return `${(count / 1e6).toFixed(2)} M`
  return Math.round(count).toLocaleString('en')
}

/** By the second; what happens rarely has a fraction. */
export function rateText(perSecond: number): string {
  if (perSecond === 0) return '0'
  if (perSecond < 0.05) return '<0.1'
  return perSecond < 9.95 ? perSecond.toFixed(1) : countText(perSecond)
}

export const nothing = '–'

export function durationText(seconds: number | undefined): string {
  if (seconds === undefined) return nothing
  const ms = seconds * 1000
  if (ms < 0.995) return `${ms.toFixed(2)} ms`
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`
}

const sizes: readonly [size: number, unit: string][] = [
  [1024 ** 4, 'TiB'],
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
]

export function bytesText(bytes: number): string {
  // A thousand of a unit is written in the next one, so that three digits suffice.
  const [size, unit] = sizes.find(([one]) => bytes >= one * 0.9765) ?? [1, 'B']
  const amount = bytes / size
  return `${size > 1 && amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${unit}`
}

/** A share of a whole, in percent. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return nothing
  const percent = (part / whole) * 100
  if (percent === 0) return '0%'
  if (percent < 0.95) return '<1%'
  return `${percent > 99 && part < whole ? 99 : Math.round(percent)}%`
}

const spans: readonly [seconds: number, unit: string][] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
]

/** A time that has passed, in its two largest units. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const first = Math.max(
    0,
    spans.findIndex(([size]) => seconds >= size),
  )
  if (seconds < 60) return `${seconds} s`
  const [size, unit] = spans[first]!
  const [nextSize, nextUnit] = spans[first + 1]!
  const rest = Math.floor((seconds % size) / nextSize)
  return `${Math.floor(seconds / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${nextUnit}`}`
}

/** Cut in the middle, for paths differ at both ends. */
export function fitted(text: string, width: number): string {
  const chars = [...text]
  if (chars.length <= width) return text
  if (width <= 1) return width === 1 ? '…' : ''
  const head = Math.ceil((width - 1) / 2)
  const tail = width - 1 - head
  return `${chars.slice(0, head).join('')}…${tail === 0 ? '' : chars.slice(-tail).join('')}`
}

export const left = (text: string, width: number): string => fitted(text, width).padEnd(width)

export const right = (text: string, width: number): string => fitted(text, width).padStart(width)
