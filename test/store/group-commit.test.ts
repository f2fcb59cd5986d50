import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Kysely } from 'kysely'
import { loadSqlite } from '../../native-bindings/sqlite.js'
import { GroupCommit } from '../../src/store/group-commit.js'
import { ImmediateSqliteDialect } from '../../src/store/immediate-sqlite.js'

interface Tables { word: { text: string } }

function makeCommits (t: TestContext, limit = 100): { readonly commits: GroupCommit<Tables>, readonly db: Kysely<Tables> } {
  const database = loadSqlite().open(':memory:')
  database.exec('create table word (text text primary key)')
  const db = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect({ database }) })
  t.after(async () => { await db.destroy() })
  return { commits: new GroupCommit<Tables>(db, 1, limit), db }
}

const words = async (db: Kysely<Tables>): Promise<string[]> => (await db.selectFrom('word').select('text').orderBy('text').execute()).map(row => row.text)

test('writes that arrive together share a transaction, and each gets its answer', async t => {
  const { commits, db } = makeCommits(t)
  const answers = await Promise.all(['a', 'b', 'c'].map(async text => await commits.write(async transaction => {
    await transaction.insertInto('word').values({ text }).execute()
    return text.toUpperCase()
  })))
  assert.deepEqual(answers, ['A', 'B', 'C'])
  assert.equal(commits.commits, 1)
  assert.deepEqual(await words(db), ['a', 'b', 'c'])
})

test('one that fails is told so, and the others are written all the same, once', async t => {
  const { commits, db } = makeCommits(t)
  const insert = (text: string): Promise<unknown> => commits.write(async transaction => await transaction.insertInto('word').values({ text }).execute())
  const results = await Promise.allSettled([insert('a'), insert('a'), insert('b')])
  assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
  assert.deepEqual(await words(db), ['a', 'b'])
})

test('a transaction holds only so many writes', async t => {
  const { commits, db } = makeCommits(t, 10)
  await Promise.all(Array.from({ length: 35 }, (_, index) => commits.write(async transaction => {
    await transaction.insertInto('word').values({ text: String(index) }).execute()
  })))
  assert.equal(commits.commits, 4)
  assert.equal((await words(db)).length, 35)
})

test('a close commits what waits', async t => {
  const { commits, db } = makeCommits(t)
  const written = commits.write(async transaction => { await transaction.insertInto('word').values({ text: 'last' }).execute() })
  await commits.close()
  await written
  assert.deepEqual(await words(db), ['last'])
})
