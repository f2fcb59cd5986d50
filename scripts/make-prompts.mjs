// Makes the Ogg Opus files of assets/prompts from prompts.yaml. Needs espeak-ng and opusenc
// (Debian: espeak-ng, opus-tools); only whoever changes a text runs it.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'assets', 'prompts')
const voices = { zh: 'cmn', en: 'en-us', fr: 'fr-fr', vi: 'vi' }

for (const [language, sentences] of Object.entries(parse(readFileSync(join(folder, 'prompts.yaml'), 'utf8')))) {
  mkdirSync(join(folder, language), { recursive: true })
  for (const [name, text] of Object.entries(sentences)) {
    const wave = execFileSync('espeak-ng', ['--stdout', '-v', voices[language] ?? language, '-s', '150', text])
    const args = ['--quiet', '--bitrate', '24', '--framesize', '60', '--serial', '1', '--discard-comments', '--padding', '0', '-', join(folder, language, `${name}.opus`)]
    execFileSync('opusenc', args, { input: wave })
    process.stdout.write(`${language}/${name}.opus\n`)
  }
}
