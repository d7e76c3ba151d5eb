// What consumers have created, by resource and id, in order of creation; bounded, oldest first out.
import type { Resource } from './resources.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface Stored {
  /** Grows with every creation: a cursor that survives deletions. */
  readonly order: number
  readonly value: Fields
  /** Path parameters of the collection that it was created in, by name. */
  readonly parents: ReadonlyMap<string, string>
}

const itemsMax = 1_000

export class Store {
  readonly #items = new Map<Resource, Map<string, Stored>>()
  #order = 0

  all(resource: Resource): Stored[] {
    return [...this.#of(resource).values()]
  }

  get(resource: Resource, id: string): Stored | undefined {
    return this.#of(resource).get(id)
  }

  /** Puts it in the place of the one with its id, or at the end. */
  put(resource: Resource, value: Fields, parents: ReadonlyMap<string, string>): Stored {
    const items = this.#of(resource)
    const id = String(value[resource.id])
    const known = items.get(id)
    const stored = {
      order: known?.order ?? ++this.#order,
      value,
      parents: known?.parents ?? parents,
    }
    items.set(id, stored)
    const [oldest] = items.keys()
    if (items.size > itemsMax && oldest !== undefined) items.delete(oldest)
    return stored
  }

  delete(resource: Resource, id: string): boolean {
    return this.#of(resource).delete(id)
  }

  #of(resource: Resource): Map<string, Stored> {
    const items = this.#items.get(resource) ?? new Map<string, Stored>()
    this.#items.set(resource, items)
    return items
  }
}
