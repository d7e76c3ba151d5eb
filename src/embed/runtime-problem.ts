// Whether the Node of the host can run the data plane. The command line brings a Node of its own;
// what runs inside a host has to take the host's.

const nodeMajorMin = 26

/** A sentence where it cannot. */
export function runtimeProblem(nodeVersion: string): string | undefined {
  if (Number(nodeVersion.split('.')[0]) >= nodeMajorMin) return undefined
  return (
    `a gateway inside a program needs Node ${nodeMajorMin} or newer, and this is Node ${nodeVersion}; ` +
    `'concordat run' beside the program brings a Node of its own`
  )
}
