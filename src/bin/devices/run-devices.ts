import { loadConfig } from '../../core/config.js'
import type { Config } from '../../core/config-schema.js'
import type { DeviceRecord } from '../../core/device-directory.js'
import { ChorusError } from '../../core/errors.js'
import { openStore } from '../../store/open-store.js'
import type { Store } from '../../store/store.js'
import type { Output } from '../shared/screen.js'
import { renderList } from './device-table.js'

export interface DevicesEnvironment { readonly out: Output, readonly error: Output }

interface Call {
  readonly words: readonly string[]
  readonly config: Config
  readonly isHelp: boolean
}

interface Command {
  /** What follows its name. */
  readonly argument: string
  readonly act: (store: Store, argument: string) => Promise<DeviceRecord>
  readonly done: (device: DeviceRecord) => string
}

const EXIT_DONE = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

const usage = `usage: npm run devices                     the devices that are known, and those that wait; with -- --json for programs
       npm run devices -- approve CODE     binds the device that shows this code
       npm run devices -- revoke ID        refuses the device, and ends its conversation
       npm run devices -- unrevoke ID      lets it in again as what it was
       npm run devices -- rotate ID        gives it another key; it fetches a token for it when it starts
       npm run devices -- forget ID        removes it: it is new when it comes again

  --data DIR   data directory of the server; as for npm start

The server need not be stopped, and need not run. See docs/devices.md.
`

const commands: Readonly<Record<string, Command>> = {
  approve: {
    argument: 'CODE',
    act: (store, code) => store.approve(code.replaceAll(/[\s-]/g, '')),
    done: device => `${device.deviceId} is bound.`
  },
  revoke: {
    argument: 'ID',
    act: (store, id) => store.revoke(id),
    done: device => `${device.deviceId} is revoked: it is refused, and sent away where it is connected.`
  },
  unrevoke: {
    argument: 'ID',
    act: (store, id) => store.unrevoke(id),
    done: device => `${device.deviceId} is ${device.state} again; its tokens of before stay void, so it has to be started anew if it needs one.`
  },
  rotate: {
    argument: 'ID',
    act: (store, id) => store.rotate(id),
    done: device => `${device.deviceId} has key number ${device.keyVersion}; start it anew, so that it fetches a token for it.`
  },
  forget: {
    argument: 'ID',
    act: (store, id) => store.forget(id),
    done: device => `${device.deviceId} is forgotten.`
  }
}

/** Lists devices or decides about one. Resolves with the exit code; 0 if it was done. */
export async function runDevices (argv: readonly string[], { out, error: errors }: DevicesEnvironment): Promise<number> {
  let call: Call
  try {
    call = readCall(argv)
  } catch (error) {
    if (!(error instanceof ChorusError)) throw error
    errors.write(`${error.message}\n`)
    return EXIT_USAGE
  }
  if (call.isHelp) { out.write(usage); return EXIT_DONE }
  const [name = 'list', ...rest] = call.words
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined ? name !== 'list' || rest.length > 0 : rest.length !== 1) {
    const wanted = command === undefined ? '' : `: ${name} needs one ${command.argument}`
    errors.write(`"${call.words.join(' ')}" is not understood${wanted}\n\n${usage}`)
    return EXIT_USAGE
  }
  try {
    await withStore(call.config, async store => {
      if (command === undefined) await list(store, call.config.json, out)
      else report(await command.act(store, rest[0]!), command, call.config.json, out)
    })
    return EXIT_DONE
  } catch (error) {
    if (!(error instanceof ChorusError)) throw error
    errors.write(`${error.code}: ${error.message}\n`)
    return EXIT_FAILED
  }
}

// Words come first: a setting among them would be taken for its value.
function readCall (argv: readonly string[]): Call {
  const count = argv.findIndex(argument => argument.startsWith('--'))
  const words = count < 0 ? argv : argv.slice(0, count)
  const { config, flags } = loadConfig({ argv: argv.slice(words.length), flags: { help: 'switch' } })
  return { words, config, isHelp: flags['help'] === true }
}

async function withStore (config: Config, act: (store: Store) => Promise<void>): Promise<void> {
  const { store } = await openStore({ config })
  try {
    await act(store)
  } finally {
    await store.close()
  }
}

async function list (store: Store, isJson: boolean, out: Output): Promise<void> {
  const [devices, waiting] = [await store.listDevices(), await store.listActivations()]
  out.write(isJson ? `${JSON.stringify({ devices, waiting })}\n` : renderList(devices, waiting))
}

function report (device: DeviceRecord, command: Command, isJson: boolean, out: Output): void {
  const { key: _key, ...shown } = device
  out.write(isJson ? `${JSON.stringify(shown)}\n` : `${command.done(device)}\n`)
}
