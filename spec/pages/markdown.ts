// The little of Markdown that generated pages need.

/** A table; cells are Markdown, and their pipes are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(row).join('')
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |\n`
}

/** Says where a page comes from, so that nobody mends it by hand. */
export const generatedFrom = (source: string): string =>
  `<!-- Made by \`npm run docs\` from ${source}: change that, not this. -->\n`
