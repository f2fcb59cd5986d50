import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectDir } from '../src/core/config.js'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly overrides: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as Manifest
const page = readFileSync(join(projectDir, 'docs', 'dependencies.md'), 'utf8')

const groups = {
  'Needed to run': manifest.dependencies,
  'Used where they load': manifest.optionalDependencies,
  'Needed to build and test': manifest.devDependencies,
  Replaced: manifest.overrides
}

for (const [title, packages] of Object.entries(groups)) {
  test(`docs/dependencies.md gives a reason for each package under "${title}"`, () => {
    const section = page.split(/^## /m).find(part => part.startsWith(title)) ?? ''
    const rows = [...section.matchAll(/^\| `([^`]+)` \|.*?(\S[^|]+) \|$/gm)]
    assert.deepEqual(rows.map(row => row[1]).sort(), Object.keys(packages).sort())
    for (const row of rows) assert.match(row[2] ?? '', /\.$/, row[1])
  })
}
