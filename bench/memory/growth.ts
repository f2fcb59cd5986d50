/** Readings that differ by less are the same. */
const SAME_BYTES = 256 * 1024
const MOST_READINGS = 20

/**
 * Resident memory once it does not change any more.
 *
 * @param collectAndRead collects all garbage and reads resident memory, in bytes
 * @throws Error when it has not come to rest after {@link MOST_READINGS} readings
 */
export async function atRest (collectAndRead: () => Promise<number>): Promise<number> {
  let last = await collectAndRead()
  for (let reading = 1; reading < MOST_READINGS; reading++) {
    const bytes = await collectAndRead()
    if (Math.abs(bytes - last) < SAME_BYTES) return bytes
    last = bytes
  }
  throw new Error(`resident memory still changes after ${MOST_READINGS} collections`)
}

/** What one of a kind takes, by groups of equal size that came one after another; in bytes. */
export interface Growth {
  /**
   * The mean of the dearest half of the groups, which followed one another: a group that is put
   * into memory which the start gave back looks cheaper than it is, and the one after it dearer.
   */
  readonly each: number
  readonly ofGroups: readonly number[]
}

/** @param addGroup adds `size` of them, and uses them until all of their memory has been touched */
export async function growthOfGroups (
  groups: number, size: number, collectAndRead: () => Promise<number>, addGroup: (group: number) => Promise<void>
): Promise<Growth> {
  const ofGroups: number[] = []
  let before = await atRest(collectAndRead)
  for (let group = 0; group < groups; group++) {
    await addGroup(group)
    const after = await atRest(collectAndRead)
    ofGroups.push(Math.round((after - before) / size))
    before = after
  }
  const half = Math.ceil(groups / 2)
  const means = Array.from({ length: groups - half + 1 }, (_, first) => mean(ofGroups.slice(first, first + half)))
  return { each: Math.round(Math.max(...means)), ofGroups }
}

function mean (values: readonly number[]): number { return values.reduce((sum, value) => sum + value, 0) / values.length }
