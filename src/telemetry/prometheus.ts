// The Prometheus text exposition format, version 0.0.4.

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary'

/** What a scrape shows first of a family. */
export function familyHead(name: string, type: FamilyType, help: string): string {
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`
}

/** One label, as it stands between the braces. */
export function label(name: string, value: string): string {
  return `${name}="${escapeValue(value)}"`
}

/** A line; `labels` is empty or a list of labels joined by commas. */
export function sample(name: string, labels: string, value: number): string {
  return labels === ''
    ? `${name} ${numberText(value)}\n`
    : `${name}{${labels}} ${numberText(value)}\n`
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)
}

function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', String.raw`\"`)
}
