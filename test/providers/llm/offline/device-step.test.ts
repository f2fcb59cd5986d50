import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readChineseOrder, readEnglishOrder } from '../../../../src/providers/llm/offline/device-order.js'
import { deviceStep } from '../../../../src/providers/llm/offline/device-step.js'
import type { ChatMessage, ToolSpec } from '../../../../src/providers/types.js'

function tool (name: string, argument?: string, type = 'integer'): ToolSpec {
  return { name, description: '', parameters: { type: 'object', properties: argument === undefined ? {} : { [argument]: { type } } } }
}

const status = '{"audio_speaker":{"volume":70},"screen":{"brightness":95},"battery":{"level":41}}'
const board: readonly ToolSpec[] = [
  tool('self_get_device_status'), tool('self_audio_speaker_set_volume', 'volume'), tool('self_screen_set_brightness', 'brightness'),
  tool('self_screen_set_theme', 'theme', 'string'), tool('self_camera_take_photo', 'question', 'string')
]
const things: readonly ToolSpec[] = [tool('get_speaker_volume', 'response_success', 'string'), tool('speaker_setvolume', 'volume', 'number')]

/** The calls until the last word; each is answered by `results`, in turn. */
function run (text: string, tools: readonly ToolSpec[], results: readonly string[] = []): string {
  const isChinese = /\p{Script=Han}/u.test(text)
  const messages: ChatMessage[] = [{ role: 'user', content: text }]
  const steps: string[] = []
  for (const result of [...results, '', '']) {
    const step = deviceStep(messages, tools, isChinese)
    if (step === undefined) return [...steps, '-'].join(' ')
    if (typeof step === 'string') return [...steps, step].join(' ')
    steps.push(`${step.name}${step.arguments}`)
    messages.push({ role: 'assistant', content: '', toolCalls: [step] }, { role: 'tool', content: result, callId: step.id })
  }
  return [...steps, '…'].join(' ')
}

const volumeSet = (value: number): string => `self_audio_speaker_set_volume{"volume":${value}}`

const talks: readonly (readonly [text: string, results: readonly string[], steps: string])[] = [
  ['Set the volume to fifty.', ['true'], `${volumeSet(50)} The volume is now fifty.`],
  ['set the volume to 50', ['true'], `${volumeSet(50)} The volume is now fifty.`],
  ['Volume 25 percent, please', ['true'], `${volumeSet(25)} The volume is now twenty-five.`],
  ['Turn the sound up to eighty-five', ['true'], `${volumeSet(85)} The volume is now eighty-five.`],
  ['Set the volume to 500', ['true'], `${volumeSet(100)} The volume is now one hundred.`],
  ['Mute.', ['true'], `${volumeSet(0)} The volume is now zero.`],
  ['Maximum volume', ['true'], `${volumeSet(100)} The volume is now one hundred.`],
  ['Turn the volume up', [status, 'true'], `self_get_device_status{} ${volumeSet(80)} The volume is now eighty.`],
  ['Could you be a bit quieter?', [status, 'true'], `self_get_device_status{} ${volumeSet(60)} The volume is now sixty.`],
  ['Lower the volume by 25', [status, 'true'], `self_get_device_status{} ${volumeSet(45)} The volume is now forty-five.`],
  ['Make the screen brighter', [status, 'true'], 'self_get_device_status{} self_screen_set_brightness{"brightness":100} The brightness is now one hundred.'],
  ['Turn it up, louder!', ['Error: the device gave no answer in 10 s'], 'self_get_device_status{} I am sorry, the device does not tell me that.'],
  ['How loud are you?', [status], 'self_get_device_status{} The volume is seventy.'],
  ['What is the battery level?', [status], 'self_get_device_status{} The battery is at forty-one percent.'],
  ['What is the battery level?', ['{}'], 'self_get_device_status{} I am sorry, the device does not tell me that.'],
  ['Set the volume to fifty', ['Error: no'], `${volumeSet(50)} I am sorry, that did not work.`],
  ['Switch to dark mode', ['true'], 'self_screen_set_theme{"theme":"dark"} It is done.'],
  ['Take a photo', ['A red cup.'], 'self_camera_take_photo{"question":"Take a photo"} A red cup.'],
  ['音量调到50', ['true'], `${volumeSet(50)} 音量已调到五十。`],
  ['把音量调到百分之三十五', ['true'], `${volumeSet(35)} 音量已调到三十五。`],
  ['声音大一点', [status, 'true'], `self_get_device_status{} ${volumeSet(80)} 音量已调到八十。`],
  ['小声点', [status, 'true'], `self_get_device_status{} ${volumeSet(60)} 音量已调到六十。`],
  ['静音', ['true'], `${volumeSet(0)} 音量已调到零。`],
  ['现在音量是多少', [status], 'self_get_device_status{} 音量是百分之七十。'],
  ['屏幕亮度调到二十', ['true'], 'self_screen_set_brightness{"brightness":20} 亮度已调到二十。'],
  ['还有多少电', [status], 'self_get_device_status{} 电量是百分之四十一。'],
  ['切换到深色模式', ['true'], 'self_screen_set_theme{"theme":"dark"} 好了。'],
  ['What time is it?', [], '-'], ['What is the speed of sound?', [], '-'], ['What is louder than 100 decibels?', [], '-'],
  ['Repeat turn the volume up', [], '-'], ['跟我说把音量调到五十', [], '-'], ['我喜欢这个声音', [], '-'], ['', [], '-']
]

for (const [text, results, steps] of talks) test(`with tools: ${text}`, () => { assert.equal(run(text, board, results), steps) })

test('things of older firmware do as well', () => {
  assert.equal(run('Set the volume to fifty', things, ['done']), 'speaker_setvolume{"volume":50} The volume is now fifty.')
  assert.equal(run('Louder', things, ['60', 'done']), 'get_speaker_volume{} speaker_setvolume{"volume":70} The volume is now seventy.')
})

test('what no tool can do is not tried', () => {
  for (const [text] of talks) assert.equal(run(text, []), '-')
  assert.equal(run('Make the screen brighter', things), '-')
})

test('over any text nothing throws', () => {
  const words = fc.array(fc.constantFrom('volume', 'up', 'set', 'to', 'fifty', '50', '.', '音量', '到', '五', '零零', '大', '一点', 'what', 'brightness', '-'), { maxLength: 12 })
  fc.assert(fc.property(fc.oneof(fc.string(), words.map(parts => parts.join(' ')), words.map(parts => parts.join(''))), text => {
    for (const order of [readEnglishOrder(text), readChineseOrder(text)]) {
      if (order?.kind === 'set') assert.ok(Number.isFinite(order.value))
      if (order?.kind === 'change') assert.ok(Number.isFinite(order.by))
    }
  }), { seed: 9, numRuns: 2000 })
})
