import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parse } from 'yaml'
import { renderConfigPage, renderDefaultYaml } from '../../src/bin/docs/settings.js'
import { configLeaves } from '../../src/core/config-leaves.js'
import { loadConfig, makeConfig, projectDir, type ConfigInput, type LoadedConfig } from '../../src/core/config.js'
import { ChorusError, type ErrorCode } from '../../src/core/errors.js'

test('without any source the defaults apply, and data is an absolute directory', t => {
  const { config } = load(t, {})
  assert.equal(config.gateway.port, 8000)
  assert.equal(config.playout.leadMs, 240)
  assert.equal(config.asr.moonshine.size, 'base')
  assert.ok(config.session.wakeWords.includes('你好小智'))
  assert.match(config.data, /^\//)
})

test('config/default.yaml is what the schema says', () => {
  const text = readFileSync(join(projectDir, 'config', 'default.yaml'), 'utf8')
  assert.equal(text, renderDefaultYaml(), 'run: node scripts/run.mjs src/bin/docs')
  assert.deepEqual(parse(text), structuredClone(makeConfig()))
})

test('docs/configuration.md is what the schema says', () => {
  const text = readFileSync(join(projectDir, 'docs', 'configuration.md'), 'utf8')
  assert.equal(text, renderConfigPage(), 'run: node scripts/run.mjs src/bin/docs')
})

test('every setting has a default and a description that ends in a full stop', () => {
  for (const { path, schema } of configLeaves.values()) {
    assert.notEqual(schema.default, undefined, path)
    assert.match(schema.description ?? '', /^\S.*\.$/s, path)
  }
})

test('the names of variables are the path in capitals', () => {
  assert.equal(configLeaves.get('gateway.port')?.envName, 'CHORUS_GATEWAY_PORT')
  assert.equal(configLeaves.get('hearing.endSilenceMs')?.envName, 'CHORUS_HEARING_END_SILENCE_MS')
  assert.equal(configLeaves.get('llm.openai.apiKey')?.envName, 'CHORUS_LLM_OPENAI_API_KEY')
  assert.equal(new Set([...configLeaves.values()].map(leaf => leaf.envName)).size, configLeaves.size)
})

test('the command line wins over variables, variables over the file, the file over the defaults', t => {
  const yaml = 'gateway:\n  port: 1\n  host: file\nhttp:\n  port: 2\n'
  const env = { CHORUS_GATEWAY_PORT: '3', CHORUS_HTTP_PORT: '4' }
  const loaded = load(t, { env, argv: ['--gateway.port', '5'] }, yaml)
  assert.equal(loaded.config.gateway.port, 5)
  assert.equal(loaded.config.http.port, 4)
  assert.equal(loaded.config.gateway.host, 'file')
  assert.equal(loaded.config.http.host, '0.0.0.0')
  assert.equal(loaded.sourceOf('gateway.port'), '--gateway.port')
  assert.equal(loaded.sourceOf('http.port'), 'CHORUS_HTTP_PORT')
  assert.match(loaded.sourceOf('gateway.host'), /config\.yaml:3 \(gateway\.host\)$/)
  assert.equal(loaded.sourceOf('http.host'), 'default')
})

test('port 0 is taken in both spellings of a flag', t => {
  assert.equal(load(t, { argv: ['--gateway.port', '0'] }).config.gateway.port, 0)
  assert.equal(load(t, { argv: ['--gateway.port=0'] }).config.gateway.port, 0)
  assert.equal(load(t, { env: { CHORUS_GATEWAY_PORT: '0' } }).config.gateway.port, 0)
})

test('booleans are flags without a value and have a negation', t => {
  assert.equal(load(t, { argv: ['--json'] }).config.json, true)
  assert.equal(load(t, { argv: ['--json=false'] }).config.json, false)
  assert.equal(load(t, { env: { CHORUS_JSON: 'yes' }, argv: ['--no-json'] }).config.json, false)
})

test('lists are split at commas or repeated', t => {
  assert.deepEqual(load(t, { argv: ['--session.wakeWords=a, b'] }).config.session.wakeWords, ['a', 'b'])
  assert.deepEqual(load(t, { argv: ['--session.wakeWords', 'a', '--session.wakeWords', 'b'] }).config.session.wakeWords, ['a', 'b'])
  assert.deepEqual(load(t, { env: { CHORUS_SESSION_WAKE_WORDS: '你好，小智' } }).config.session.wakeWords, ['你好', '小智'])
})

test('--data moves the directory that config.yaml is read from', t => {
  const dir = makeDir(t, 'json: true\n')
  const { config, files } = loadConfig({ argv: ['--data', dir], env: {} })
  assert.equal(config.json, true)
  assert.equal(config.data, dir)
  assert.equal(files.length, 2)
})

test('OPENAI_* variables count less than the file of the operator', t => {
  const env = { OPENAI_API_KEY: 'sk-env', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }
  assert.equal(load(t, { env }).config.llm.openai.apiKey, 'sk-env')
  const { openai } = load(t, { env }, 'llm: { openai: { apiKey: sk-file } }\n').config.llm
  assert.deepEqual([openai.apiKey, openai.baseUrl], ['sk-file', 'http://127.0.0.1:9/v1'])
})

test('an empty variable counts as absent', t => {
  assert.equal(load(t, { env: { CHORUS_GATEWAY_PORT: '', OPENAI_API_KEY: '' } }).config.gateway.port, 8000)
})

test('the variables that Kubernetes sets for a Service named chorus are none of ours', t => {
  const env = { CHORUS_SERVICE_HOST: '10.0.0.1', CHORUS_SERVICE_PORT_WS: '8000', CHORUS_PORT: 'tcp://10.0.0.1:8000', CHORUS_PORT_8000_TCP_ADDR: '10.0.0.1' }
  assert.equal(load(t, { env }).config.gateway.port, 8000)
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /CHORUS_PORT/, () => load(t, { env: { CHORUS_PORT: '8000' } }))
})

test('an unknown setting is refused with the place and the nearest name', t => {
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /config\.yaml:2 \(gateway\.prot\): unknown setting "gateway\.prot", did you mean "gateway\.port"\?/,
    () => load(t, {}, 'gateway:\n  prot: 1\n'))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /unknown setting "gatway", did you mean "gateway"\?/, () => load(t, {}, 'gatway:\n  port: 1\n'))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /environment: .*"CHORUS_GATWAY_PORT", did you mean "CHORUS_GATEWAY_PORT"\?/,
    () => load(t, { env: { CHORUS_GATWAY_PORT: '1' } }))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /command line: .*"--gateway\.Port", did you mean "--gateway\.port"\?/, () => load(t, { argv: ['--gateway.Port', '1'] }))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /did you mean --gateway\.port or --http\.port/, () => load(t, { argv: ['--port', '1'] }))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /it is a group of: --http\.host/, () => load(t, { argv: ['--http', '1'] }))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /settings look like/, () => load(t, { argv: ['8000'] }))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /"__proto__"/, () => load(t, {}, '__proto__: { json: true }\n'))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /"--constructor"/, () => load(t, { argv: ['--constructor'] }))
})

test('a value that does not fit is refused with the place, the value and what was expected', t => {
  refuses('CHORUS_CONFIG_INVALID', /config\.yaml:2 \(gateway\.port\): "8000" is not valid here: expected a whole number from 0 to 65535/,
    () => load(t, {}, 'gateway:\n  port: "8000"\n'))
  refuses('CHORUS_CONFIG_INVALID', /CHORUS_GATEWAY_PORT: 65536 is not valid/, () => load(t, { env: { CHORUS_GATEWAY_PORT: '65536' } }))
  refuses('CHORUS_CONFIG_INVALID', /CHORUS_GATEWAY_PORT: "eight" is not valid/, () => load(t, { env: { CHORUS_GATEWAY_PORT: 'eight' } }))
  refuses('CHORUS_CONFIG_INVALID', /--audio\.frameMs: 30 .* one of 20, 40, 60/, () => load(t, { argv: ['--audio.frameMs', '30'] }))
  refuses('CHORUS_CONFIG_INVALID', /--gateway\.port: 1\.5 .* whole number/, () => load(t, { argv: ['--gateway.port', '1.5'] }))
  refuses('CHORUS_CONFIG_INVALID', /--json: "maybe" .* true or false/, () => load(t, { argv: ['--json=maybe'] }))
  refuses('CHORUS_CONFIG_INVALID', /--gateway\.port: nothing is not valid/, () => load(t, { argv: ['--gateway.port'] }))
  refuses('CHORUS_CONFIG_INVALID', /one of auto, offline, openai/, () => load(t, {}, 'llm: { provider: chatgpt }\n'))
  refuses('CHORUS_CONFIG_INVALID', /an http:\/\/ or https:\/\/ address/, () => load(t, { env: { OPENAI_BASE_URL: 'localhost:80' } }))
  refuses('CHORUS_CONFIG_INVALID', /session\.wakeWords\): \["a",1\] .* a list of texts/, () => load(t, {}, 'session: { wakeWords: [a, 1] }\n'))
  refuses('CHORUS_CONFIG_INVALID', /"8000" is not valid here: expected a group of settings/, () => load(t, {}, 'gateway: "8000"\n'))
})

test('settings that contradict each other are refused, and the one that was set is named', t => {
  refuses('CHORUS_CONFIG_INVALID', /--playout\.refillMs: 100 .* at least playout\.leadMs, which is 240/, () => load(t, { argv: ['--playout.refillMs', '100'] }))
  refuses('CHORUS_CONFIG_INVALID', /--hearing\.silenceThreshold: 0\.6 .* at most/, () => load(t, { argv: ['--hearing.silenceThreshold', '0.6'] }))
})

test('the value of a secret is never part of a message', t => {
  refuses('CHORUS_CONFIG_INVALID', /the given value is not valid/, () => load(t, {}, 'llm: { openai: { apiKey: 271828 } }\n'))
})

test('a file that is no YAML is refused by name', t => {
  refuses('CHORUS_CONFIG_UNREADABLE', /cannot read .*config\.yaml: .*line 2/s, () => load(t, {}, 'json: true\njson: false\n'))
  refuses('CHORUS_CONFIG_UNREADABLE', /not a list of settings/, () => load(t, {}, '- json\n'))
  const dir = makeDir(t)
  mkdirSync(join(dir, 'config.yaml'))
  refuses('CHORUS_CONFIG_UNREADABLE', /EISDIR/, () => loadConfig({ argv: [], env: {}, dataDir: dir }))
})

test('a file without settings, or with empty groups, changes nothing', t => {
  assert.deepEqual(load(t, {}, '# nothing\n').config.gateway, makeConfig().gateway)
  assert.deepEqual(load(t, {}, 'gateway:\n').config.gateway, makeConfig().gateway)
})

test('the file cannot move the directory that it lies in', t => {
  refuses('CHORUS_CONFIG_INVALID', /config\.yaml:1 \(data\)/, () => load(t, {}, 'data: elsewhere\n'))
})

test('flags that a program declares are kept apart from the settings', t => {
  const flags = { help: 'switch', devices: 'text' } as const
  assert.deepEqual({ ...load(t, { argv: ['--help', '--devices', '3', '--json'], flags }).flags }, { help: true, devices: '3' })
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /did you mean --devices or --inference\.device\?/, () => load(t, { argv: ['--device', '3'], flags }))
})

test('the result is frozen to the bottom and shares nothing with the defaults', t => {
  const { config } = load(t, {})
  assert.throws(() => Object.assign(config.gateway, { port: 1 }), TypeError)
  assert.throws(() => Object.assign(config.llm.openai, { apiKey: 'x' }), TypeError)
  assert.throws(() => { config.session.wakeWords.push('x') }, TypeError)
  assert.notEqual(config.session.wakeWords, configLeaves.get('session.wakeWords')?.schema.default)
})

test('a configuration can be made from a few paths', () => {
  assert.equal(makeConfig({ 'gateway.port': 0 }).gateway.port, 0)
  refuses('CHORUS_CONFIG_INVALID', /program: -1/, () => makeConfig({ 'gateway.port': -1 }))
  refuses('CHORUS_CONFIG_UNKNOWN_KEY', /gateway\.prot/, () => makeConfig({ 'gateway.prot': 0 }))
})

function load (t: TestContext, input: ConfigInput, yaml?: string): LoadedConfig {
  return loadConfig({ argv: [], env: {}, dataDir: makeDir(t, yaml), ...input })
}

function makeDir (t: TestContext, yaml?: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'chorus-config-'))
  t.after(() => { rmSync(dir, { recursive: true, force: true }) })
  if (yaml !== undefined) writeFileSync(join(dir, 'config.yaml'), yaml)
  return dir
}

function refuses (code: ErrorCode, message: RegExp, run: () => unknown): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof ChorusError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  })
}
