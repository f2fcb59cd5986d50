import type { Static } from '@sinclair/typebox'
import { compat, session, tools } from './settings/devices.js'
import { audio, hearing, inference, models, playout, threads } from './settings/engine.js'
import { boolean, choice, group, text } from './settings/kinds.js'
import { auth, gateway, http, mqtt, ota, store } from './settings/ports.js'
import { asr, llm, resilience, tts, vision } from './settings/providers.js'
import { recording } from './settings/recording.js'

/** Every setting there is. The descriptions are the documentation. */
export const configSchema = group('', {
  data: text('data', 'Directory for what is kept between runs. Only from --data or CHORUS_DATA.', 1),
  json: boolean(false, 'Log as JSON lines.'),
  record: boolean(false, 'Record what devices send and what is made of it, for `npm run replay`.'),
  log: group('Logging.', {
    level: choice(['trace', 'debug', 'info', 'warn', 'error'], 'info', 'Least important level that is logged. trace shows what people say.')
  }),
  gateway,
  http,
  audio,
  playout,
  hearing,
  threads,
  inference,
  models,
  asr,
  llm,
  tts,
  resilience,
  session,
  compat,
  tools,
  ota,
  auth,
  store,
  mqtt,
  vision,
  recording
})

export type Config = Static<typeof configSchema>
