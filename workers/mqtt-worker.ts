import { ChorusError } from '../src/core/errors.js'
import type { Broker } from '../src/mqtt/broker.js'
import { openEmbeddedBroker } from '../src/mqtt/embedded-broker.js'
import { openExternalBroker } from '../src/mqtt/external-broker.js'
import { ByteRing } from '../src/ring/byte-ring.js'
import { LoopBell } from '../src/ring/doorbell.js'
import { MqttCounters } from '../src/ring/mqtt-counters.js'
import type { MqttOrder, MqttStart } from '../src/ring/mqtt-messages.js'
import { Outbox } from '../src/ring/outbox.js'
import type { WorkerNews } from '../src/ring/worker-messages.js'
import { MqttService } from './mqtt/mqtt-service.js'
import { UdpPort } from './mqtt/udp-port.js'
import { announceReady, applyNice } from './thread-setup.js'

/** The task of the MQTT worker: serves both ports until it is asked to stop. */
export default async function runMqttWorker (start: MqttStart): Promise<void> {
  const { config: { mqtt }, control, channels } = start
  const nice = applyNice(0)
  const counters = new MqttCounters(start.counters)
  const udp = new UdpPort((name, by) => { counters.add(name, by) })
  const service = new MqttService({
    options: mqtt,
    counters,
    udp,
    outbox: new Outbox(new ByteRing(start.toGateway), new LoopBell(start.gatewayBell, start.gatewayBellPort)),
    tell: news => { channels.postMessage(news) },
    log: (level, message, fields) => { control.postMessage({ kind: 'log', level, message, fields } satisfies WorkerNews) }
  })
  const stopped = new Promise<void>(resolve => {
    channels.on('message', (order: MqttOrder) => {
      if (order.kind === 'stop') resolve()
      else service.obey(order)
    })
  })
  let broker: Broker | undefined
  try {
    await udp.listen(mqtt.udpHost, mqtt.udpPort, (datagram, from) => { service.receive(datagram, from) })
    broker = mqtt.broker === '' ? await openEmbeddedBroker(mqtt, service.brokerEvents) : openExternalBroker(mqtt, service.brokerEvents)
    service.takeFrames(new ByteRing(start.fromGateway), start.bell, start.bellPort)
    announceReady(control, nice, { mqttPort: broker.port, udpPort: udp.port })
  } catch (error) {
    if (!(error instanceof ChorusError)) throw error
    announceReady(control, nice, { error: JSON.stringify(error.toRecord()) }) // whoever started this asks it to stop
  }
  await stopped
  await broker?.close()
  await udp.close()
  for (const port of [control, start.gatewayBellPort, start.bellPort, channels]) port.close()
}
