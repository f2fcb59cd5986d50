import { join } from 'node:path'

/** Where the database is, in a data directory. */
export function storeFile (data: string): string { return join(data, 'chorus.db') }
