import { makeConfig } from '../../src/core/config.js'

/** The silence that ends an utterance, in ms: before it is over no server can answer. */
export const endSilenceMs = makeConfig().hearing.endSilenceMs
