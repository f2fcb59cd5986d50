import { join } from 'node:path'
import { ClientAddresses } from '../core/client-address.js'
import type { Config } from '../core/config-schema.js'
import type { DeviceDirectory } from '../core/device-directory.js'
import type { Order, Receipt } from '../core/orders.js'
import { VisionTokens } from '../protocol/vision-token.js'
import { Activation } from './activation.js'
import { checkOtaSettings } from './check-ota-settings.js'
import { ClaimLimit } from './claim-limit.js'
import { Downloads } from './download.js'
import { FirmwareCatalogue } from './firmware-catalogue.js'
import { FirmwareOffers } from './firmware-offers.js'
import { Operator } from './operator.js'
import { PublicUrls } from './public-urls.js'
import { quietWarnings } from './quiet-warnings.js'
import { Registration } from './registration.js'
import { SerialKeyFile } from './serial-keys.js'
import { KeyedTokens } from './token-issuer.js'
import { Vision, type Explainer } from './vision.js'
import { WebCounts } from './web-counts.js'
import { WebRoutes } from './web-routes.js'
import { WebServer } from './web-server.js'

export interface WebOptions {
  readonly config: Config
  readonly gatewayPort: number
  /** Of the built-in broker; 0 where there is none. */
  readonly mqttPort: number
  readonly serverKey: string
  readonly directory: DeviceDirectory
  readonly explainer: Explainer | undefined
  readonly obey: (deviceId: string, order: Order) => Promise<Receipt | 'started'>
  readonly health: () => Promise<Readonly<Record<string, unknown>>>
  readonly onLanguage: (deviceId: string, tag: string) => void
  readonly warn: (what: string, why: string) => void
}

/**
 * Puts the HTTP port together.
 * @throws CHORUS_CONFIG_INVALID, CHORUS_OTA_UNSTORABLE for settings that would break devices
 */
export async function createWebServer (options: WebOptions): Promise<WebServer> {
  const { config, directory, health, onLanguage, explainer } = options
  const warn = quietWarnings(options.warn)
  checkOtaSettings(config)
  const urls = new PublicUrls(config, options)
  const addresses = new ClientAddresses(config.auth.trustedProxies)
  const counts = new WebCounts()
  // The second folder is where the replaced server has its files.
  const folders = [join(config.data, 'firmware'), join(config.data, 'bin')]
  const catalogue = new FirmwareCatalogue(folders, config.ota.firmwareScanMs, what => { options.warn('a firmware file is not offered', what) })
  const serials = new SerialKeyFile(join(config.data, 'serials.csv'), what => { options.warn('trouble with serials.csv', what) })
  const registration = new Registration({
    config,
    directory,
    tokens: new KeyedTokens(options.serverKey),
    firmware: new FirmwareOffers(catalogue, directory),
    addresses,
    urls,
    claims: new ClaimLimit(config.ota.codesPerAddress),
    onLanguage
  })
  const routes = new WebRoutes({
    config: config.http,
    counts,
    urls,
    registration,
    activation: new Activation({ directory, serials, timeoutMs: config.http.answerTimeoutMs }),
    downloads: new Downloads(catalogue, { maxDownloads: config.http.maxDownloads, timeoutMs: config.http.downloadTimeoutMs }),
    operator: new Operator({ secret: config.http.operatorSecret, obey: options.obey }),
    vision: new Vision({ config: config.vision, directory, tokens: await VisionTokens.create(options.serverKey), explainer, warn }),
    health
  })
  return new WebServer({ config: config.http, addresses, routes, counts, warn })
}
