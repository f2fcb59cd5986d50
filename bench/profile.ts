// npm run profile -- [--scenario talk] [--devices 200] [--seconds 20] [--asr mock|local] [--set …]
//
// Flame graphs of all threads of a server under a load of bench/scenarios: V8's own profiler, half
// a millisecond a sample. Writes reports/profile-….html, and leaves the .cpuprofile files beside it
// for other viewers. docs/benchmarks.md
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { projectDir } from '../src/core/config.js'
import { runLoad, warmUpFor } from './fleet/run-load.js'
import { loadScenario } from './fleet/scenario.js'
import { readProfiles } from './profile/cpu-profile.js'
import { renderFlames } from './profile/flame-graph.js'
import { describeMachine } from './report/machine-description.js'
import { html } from './report/html.js'
import { renderPage } from './report/page.js'
import { reportName } from './report/write-report.js'
import { readFlags, readSettings, runMain } from './support/options.js'

const SAMPLE_US = 500

await runMain(async () => {
  const { numbers, texts } = readFlags({
    numbers: {
      devices: { fallback: 200, minimum: 1, maximum: 65_536 },
      seconds: { fallback: 20, minimum: 1, maximum: 3600 }
    },
    texts: ['scenario', 'asr', 'set']
  })
  const asr = texts['asr'] ?? 'mock'
  if (asr !== 'mock' && asr !== 'local') throw new Error(`--asr is mock or local, not "${asr}"`)
  const scenario = loadScenario(texts['scenario'] ?? 'talk')
  const name = reportName('profile', new Date().toISOString())
  const folder = join(projectDir, 'reports', name)
  mkdirSync(folder, { recursive: true })
  const seconds = numbers['seconds']!
  await runLoad({
    scenario, devices: numbers['devices']!, seconds, warmUpSeconds: warmUpFor(scenario), parts: 1, asr, seed: 1, generators: 1,
    settings: readSettings(texts['set']), mockArguments: [],
    nodeArguments: ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_US}`],
    onProgress: text => { process.stderr.write(`${text}\n`) }
  })
  const threads = readProfiles(folder, seconds)
  const { cpu, cores, node, commit } = describeMachine()
  const title = `${scenario.title}, ${numbers['devices']} devices`
  const page = renderPage(title, html`<header><h1>${title}</h1>
<p class="soft">${cpu}, ${cores} cores · node ${node} · ${commit} · a sample each ${SAMPLE_US / 1000} ms; sleep is left out.
Orange is Chorus, yellow packages, blue Node, grey native code by the function that called it, red the garbage collector.</p></header>
${renderFlames(threads)}`)
  const file = `${folder}.html`
  writeFileSync(file, page.text)
  for (const { kind, root, sampledUs } of threads) process.stdout.write(`${kind.padEnd(10)} awake ${(root.totalUs / sampledUs * 100).toFixed(1)} %\n`)
  process.stdout.write(`${relative('', file)}\n`)
  return 0
})
