/** The candidate that `word` was probably meant to be, or nothing. */
export function findNearMiss (word: string, candidates: readonly string[]): string | undefined {
  const plain = simplify(word)
  const same = candidates.find(candidate => simplify(candidate) === plain)
  if (same !== undefined) return same
  const allowed = Math.max(1, Math.floor(plain.length / 4))
  const ranked = candidates
    .map(candidate => ({ candidate, distance: countEdits(plain, simplify(candidate)) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.candidate
}

function simplify (word: string): string { return word.toLowerCase().replace(/[-_]/g, '') }

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
function countEdits (a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      let edits = Math.min(current[column - 1]! + 1, last[column]! + 1, last[column - 1]! + (isSame ? 0 : 1))
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwap) edits = Math.min(edits, beforeLast[column - 2]! + 1)
      current.push(edits)
    }
    beforeLast = last
    last = current
  }
  return last[b.length]!
}
