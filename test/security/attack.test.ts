import { attackBesideTalk } from './attacks.js'
import { mqttAttacks } from './mqtt-attacks.js'
import { webAttacks } from './web-attacks.js'

attackBesideTalk('uws', [...webAttacks, ...mqttAttacks])
