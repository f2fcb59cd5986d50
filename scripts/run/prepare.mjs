import { buildSources, isBuildFresh } from './build.mjs'
import { areInstalled, installPackages } from './install.mjs'
import { withLock } from './lock.mjs'

/** Brings node_modules/ and build/ up to date. Two runs at once wait for each other. */
export async function prepare (root) {
  if (areInstalled(root) && isBuildFresh(root)) return
  await withLock(root, async () => {
    // Asked again, because another run may have done it while this one waited.
    if (!areInstalled(root)) await installPackages(root)
    if (!isBuildFresh(root)) await buildSources(root)
  })
}
