// JSON that may be printed where a person reads it: nothing in it steers a terminal.

// What JSON leaves as it is: C1 controls, what some take for a line end, what turns a line around.
const steering = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu

export function terminalJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(steering, (text) =>
    Array.from({ length: text.length }, (_, i) => escaped(text.charCodeAt(i))).join(''),
  )
}

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
