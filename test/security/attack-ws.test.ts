import { attackBesideTalk } from './attacks.js'

attackBesideTalk('ws', [])
