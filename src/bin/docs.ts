import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../core/config.js'
import { renderModelsPage } from './docs/models.js'
import { renderConfigPage, renderDefaultYaml } from './docs/settings.js'

const pages = {
  'config/default.yaml': renderDefaultYaml(),
  'docs/configuration.md': renderConfigPage(),
  'docs/models.md': await renderModelsPage()
}

for (const [path, text] of Object.entries(pages)) {
  writeFileSync(join(projectDir, path), text)
  process.stdout.write(`written: ${path}\n`)
}
