import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../src/core/config.js'
import type { HistoryEntry } from './history-entry.js'

export const HISTORY_FILE = join(projectDir, 'bench', 'history.jsonl')

/** @throws Error that names the line which is no JSON */
export function readHistory (file = HISTORY_FILE): HistoryEntry[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [JSON.parse(line) as HistoryEntry]
    } catch (error) {
      throw new Error(`${file}, line ${index + 1}: ${(error as Error).message}`, { cause: error })
    }
  })
}

/**
 * Writes what is not there yet behind what is.
 * @returns those that were written
 */
export function addToHistory (entries: readonly HistoryEntry[], file = HISTORY_FILE): HistoryEntry[] {
  const known = new Set(readHistory(file).map(keyOf))
  const added = entries.filter(entry => !known.has(keyOf(entry)))
  appendFileSync(file, added.map(entry => `${JSON.stringify(entry)}\n`).join(''))
  return added
}

function keyOf ({ bench, at }: HistoryEntry): string { return `${bench} ${at}` }
