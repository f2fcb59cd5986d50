import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { cgroupCores } from '../../src/threads/cgroup-quota.js'

function coresWith (t: TestContext, files: Readonly<Record<string, string>>): number {
  const root = mkdtempSync(join(tmpdir(), 'chorus-cgroup-'))
  t.after(() => { rmSync(root, { recursive: true }) })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return cgroupCores(root)
}

test('a container of cgroup v2 sees its quota at the root', t => {
  assert.equal(coresWith(t, { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '150000 100000\n' }), 1.5)
  assert.equal(coresWith(t, { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' }), Infinity)
})

test('a service has the smallest quota of its own group and those above', t => {
  const cgroup = '0::/system.slice/chorus.service\n'
  const own = 'sys/fs/cgroup/system.slice/chorus.service/cpu.max'
  const slice = 'sys/fs/cgroup/system.slice/cpu.max'
  assert.equal(coresWith(t, { 'proc/self/cgroup': cgroup, [own]: '200000 100000', [slice]: 'max 100000' }), 2)
  assert.equal(coresWith(t, { 'proc/self/cgroup': cgroup, [own]: 'max 100000', [slice]: '300000 100000' }), 3)
})

test('cgroup v1, on the host and in a container', t => {
  const cgroup = '5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n'
  const quota = { 'cpu.cfs_quota_us': '400000\n', 'cpu.cfs_period_us': '100000\n' }
  const within = (folder: string): Record<string, string> =>
    Object.fromEntries(Object.entries(quota).map(([name, text]) => [`sys/fs/cgroup/cpu/${folder}${name}`, text]))
  assert.equal(coresWith(t, { 'proc/self/cgroup': cgroup, ...within('docker/abc/') }), 4)
  assert.equal(coresWith(t, { 'proc/self/cgroup': cgroup, ...within('') }), 4)
  assert.equal(coresWith(t, { 'proc/self/cgroup': cgroup, 'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1' }), Infinity)
})

test('where there are no control groups there is no limit', t => {
  assert.equal(coresWith(t, {}), Infinity)
})
