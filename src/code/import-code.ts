// Imports a module from memory. It gets the address of a file that does not exist, beside the files
// it was made of: so stacks name those by its source map, and its relative addresses lead there.
import module from 'node:module'

export interface CodeModule {
  /** A `file:` address of its own: a module is evaluated once for each address. */
  readonly url: string
  readonly source: string | Uint8Array
}

/** The exports. Rejects with what the module throws. */
export async function importCode({ url, source }: CodeModule): Promise<Record<string, unknown>> {
  process.setSourceMapsEnabled(true)
  const hooks = module.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === url ? { url, format: 'module', shortCircuit: true } : next(specifier, context),
    load: (address, context, next) =>
      address === url ? { format: 'module', source, shortCircuit: true } : next(address, context),
  })
  try {
    return (await import(url)) as Record<string, unknown>
  } finally {
    hooks.deregister()
  }
}
