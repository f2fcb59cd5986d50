import { isRecord, parseJson } from './http-connection.js'
import type { Faults } from './faults.js'

/** What DashScope tells of a task. */
export interface TaskEvent { readonly name: string, readonly payload: Readonly<Record<string, unknown>> }

export function dashScopeHeaders (apiKey: string): Readonly<Record<string, string>> {
  return { Authorization: `bearer ${apiKey}`, 'X-DashScope-DataInspection': 'enable' }
}

/** An order about a task whose input and output are both streams. */
export function taskOrder (action: 'run-task' | 'continue-task' | 'finish-task', taskId: string, payload: object): string {
  return JSON.stringify({ header: { action, task_id: taskId, streaming: 'duplex' }, payload })
}

/**
 * An event of that task; undefined for one of another.
 * @throws CHORUS_PROVIDER_REFUSED for `task-failed`, whose codes are words: its number is 400
 */
export function parseTaskEvent (faults: Faults, message: string, taskId: string): TaskEvent | undefined {
  const event = parseJson(message)
  const header = isRecord(event) ? event['header'] : undefined
  if (!isRecord(event) || !isRecord(header) || typeof header['event'] !== 'string') throw faults.rubbish('a message without an event')
  if (header['task_id'] !== undefined && header['task_id'] !== taskId) return undefined
  if (header['event'] === 'task-failed') {
    const { error_code: code, error_message: text } = header
    throw faults.refusal(400, [code, text].filter(part => typeof part === 'string').join(': '))
  }
  const payload = event['payload']
  return { name: header['event'], payload: isRecord(payload) ? payload : {} }
}
