import type { ConformanceCase } from '../conformance-case.js'
import { abortCases } from './abort.js'
import { checklistCases } from './checklist.js'
import { goldenCases } from './golden.js'
import { loadCases } from './load.js'
import { mcpCases } from './mcp.js'
import { modeCases } from './modes.js'
import { mqttCases } from './mqtt.js'
import { openingCases } from './opening.js'
import { otaCases } from './ota.js'
import { systemCases } from './system.js'
import { turnCases } from './turn.js'
import { uplinkCases } from './uplink.js'
import { visionCases } from './vision.js'

const firmwareCases: readonly ConformanceCase[] = [
  ...otaCases, ...openingCases, ...uplinkCases, ...turnCases, ...modeCases, ...abortCases,
  ...mcpCases, ...visionCases, ...systemCases, ...mqttCases, ...loadCases
]

/** T001 to T160, the checklist of compatible servers, and recorded conversations. */
export const allCases: readonly ConformanceCase[] = [...firmwareCases, ...checklistCases(firmwareCases), ...goldenCases]
