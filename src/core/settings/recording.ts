import { group, integer, text } from './kinds.js'

export const recording = group('What --record keeps of sessions, for `npm run replay`. It is voices: treat it as such.', {
  folder: text('', 'Directory of the recordings, readable by this user alone. Empty: recordings, in the data directory.'),
  sessions: integer(20, 'Most sessions that a voice thread records at the same time, as a count.', { minimum: 1, maximum: 4096 }),
  maxSessionMb: integer(64, 'A recording ends at this size, in MB; an hour of speech is 10 MB, of realtime conversation 180.', { minimum: 1, maximum: 4096 }),
  maxFolderMb: integer(2048, 'The oldest recordings are deleted where all would take more than this, in MB.', { minimum: 1, maximum: 1048576 }),
  maxQueuedMb: integer(32, 'A recording ends early when the disk is so far behind a voice thread, in MB.', { minimum: 1, maximum: 1024 })
})
