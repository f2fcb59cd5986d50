import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../core/config.js'
import { takeInventory } from '../models/inventory.js'
import { loadManifest } from '../models/manifest.js'

const PAGE = join(projectDir, 'docs', 'models.md')
const TABLE = /(?<=<!-- models -->\n).*?(?=<!-- \/models -->)/s

/** The text of `docs/models.md`, its table made from the manifest. */
export async function renderModelsPage (): Promise<string> {
  const manifest = loadManifest({ models: { manifest: '' } })
  const entries = await takeInventory('/nowhere', manifest)
  const rows = entries.map(({ name, title, use, languages, size, usedBy }) => {
    const model = manifest.find(model => model.name === name)
    const licence = model === undefined ? 'MIT' : `[${model.licence.name}](${model.licence.url})${model.licence.permissive ? '' : ', conditions'}`
    return `| \`${name}\` (${title}) | ${use} | ${languages} | ${model === undefined ? 'in the packages' : size} | ${licence} | ${usedBy} |\n`
  })
  return readFileSync(PAGE, 'utf8').replace(TABLE, `\n${head}${rows.join('')}\n`)
}

const head = '| name | for | languages | download | licence | used by |\n|---|---|---|---|---|---|\n'
