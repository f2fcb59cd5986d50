import { attackBesideTalk } from '../security/attacks.js'

attackBesideTalk('ws', [])
