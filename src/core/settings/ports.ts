import { address, boolean, choice, group, integer, mqttAddress, secret, socketAddress, text, texts, PATIENCE_MS, PORT } from './kinds.js'

export const gateway = group('The WebSocket port that devices talk to.', {
  host: text('0.0.0.0', 'Address to listen on.'),
  port: integer(8000, 'TCP port to listen on; 0 takes any free one.', PORT),
  transport: choice(['auto', 'uws', 'ws'], 'auto', 'WebSocket library: uWebSockets.js, ws, or the best that loads.'),
  maxConnections: integer(16000, 'Most devices connected at once, as a count.', { minimum: 1, maximum: 1000000 }),
  maxMessageBytes: integer(65536, 'Longest message accepted from a device, in bytes.', { minimum: 4096, maximum: 16777216 }),
  helloTimeoutMs: integer(10000, 'A device that has not said hello after this time is disconnected, in ms.', PATIENCE_MS),
  backpressureBytes: integer(65536, 'Unsent bytes that one socket may hold before audio waits, in bytes.', { minimum: 4096, maximum: 16777216 }),
  textsPerSecond: integer(20, 'Texts that a device may send in the long run, as a count a second; who sends more is disconnected.', { minimum: 1, maximum: 100000 }),
  textBurst: integer(100, 'Texts that a device may send at once, as a count.', { minimum: 1, maximum: 1000000 }),
  framesPerSecond: integer(120, 'Frames that a device may send in the long run, as a count a second; who sends more is disconnected. Devices send 8 to 50; one that announces shorter frames may send twice as many as its audio needs.', { minimum: 10, maximum: 100000 }),
  frameBurst: integer(300, 'Frames that a device may send at once, as a count: it saves up to 40 while its network is gone.', { minimum: 50, maximum: 1000000 }),
  publicHost: text('', 'Host name or address that devices are told to connect to. Empty: the one they asked for.'),
  publicUrl: socketAddress('Whole address that devices are told to connect to, as in wss://voice.example/xiaozhi/v1/, for where a proxy stands in front. Empty: made of the host and the port.')
})

export const http = group('The HTTP port: device registration, firmware, health, metrics.', {
  host: text('0.0.0.0', 'Address to listen on.'),
  port: integer(8003, 'TCP port to listen on; 0 takes any free one.', PORT),
  maxBodyBytes: integer(16384, 'Longest request body accepted, in bytes; pictures have their own limit.', { minimum: 1024, maximum: 16777216 }),
  maxHeaderBytes: integer(8192, 'Longest request header accepted, in bytes.', { minimum: 1024, maximum: 65536 }),
  maxConnections: integer(4096, 'Most connections at once, as a count. More are closed at once.', { minimum: 1, maximum: 1000000 }),
  maxConnectionsPerAddress: integer(512, 'Most connections at once from one address, as a count; trusted proxies may have more. More are answered with 503.', { minimum: 1, maximum: 1000000 }),
  maxRequests: integer(256, 'Most registrations that are worked on at once, as a count. More are answered with 503, and devices try again.', { minimum: 1, maximum: 100000 }),
  headerTimeoutMs: integer(10000, 'Longest time for the header of a request to arrive, in ms.', PATIENCE_MS),
  requestTimeoutMs: integer(20000, 'Longest time for a whole request to arrive, in ms.', PATIENCE_MS),
  idleTimeoutMs: integer(30000, 'A connection on which nothing moves for this time is closed, in ms. Keep it above vision.answerTimeoutMs.', PATIENCE_MS),
  answerTimeoutMs: integer(5000, 'Longest wait for what the rest of the server knows; then the answer is 503, in ms.', { minimum: 100, maximum: 25000 }),
  maxDownloads: integer(256, 'Most firmware files sent at once, as a count. More are answered with 503.', { minimum: 1, maximum: 100000 }),
  downloadTimeoutMs: integer(900000, 'Longest time for sending one firmware file, in ms.', { minimum: 1000, maximum: 86400000 }),
  operatorSecret: secret('Secret with which an operator may have connected devices speak, show and restart (docs/operator.md). Empty: nobody may.'),
  operatorWaitMs: integer(20000, 'Longest wait for what becomes of such an order; then the answer is 202, in ms.', { minimum: 100, maximum: 25000 }),
  publicUrl: address('', 'Address of this port as devices reach it, as in https://voice.example, for where a proxy stands in front. Empty: the host and port that they asked for.')
})

export const ota = group('What devices are told when they register.', {
  timeZone: text('', 'Time zone of the clock of the devices, as in Europe/Berlin. Empty: that of the system.'),
  activationMessage: text('', 'What a device shows that must be activated; {code} stands for its code. Empty: a line in English or Chinese.'),
  codesPerAddress: integer(200, 'Activations that one public address, or IPv6 network of 64 bits, may begin in an hour, as a count. More are answered with 503.', { minimum: 1, maximum: 1000000 }),
  firmwareScanMs: integer(10000, 'The folder of firmware files is looked at again after this time, in ms.', { minimum: 0, maximum: 3600000 })
})

export const mqtt = group('MQTT and UDP, for devices that are told to use them.', {
  endpoint: text('', 'Broker that devices are told to use when they register, as in voice.example:1883. A device that is told one uses no WebSocket. Empty: devices use WebSocket.'),
  enabled: boolean(false, 'Serve devices over MQTT and UDP.'),
  offer: boolean(false, 'Tell every device that registers to use MQTT, at the built-in broker of this server; without mqtt.signatureKey its token is its password. A device that is told to uses no WebSocket.'),
  host: text('0.0.0.0', 'Address to listen on for MQTT.'),
  port: integer(1883, 'TCP port of the broker; 0 takes any free one.', PORT),
  udpHost: text('0.0.0.0', 'Address to listen on for audio.'),
  udpPort: integer(8884, 'UDP port for audio; 0 takes any free one.', PORT),
  publicHost: text('', 'Host name or address to which devices send audio. Empty: the one at which they reached the broker.'),
  publicUdpPort: integer(0, 'UDP port to which devices send audio, where it is mapped to another one; 0: mqtt.udpPort.', PORT),
  signatureKey: secret('Key that signs the passwords of devices, as MQTT_SIGNATURE_KEY of other XiaoZhi servers. A device may bring its token instead. Empty: the token counts, by the rules of WebSocket (docs/security.md).'),
  broker: mqttAddress('', 'Address of another broker to use, as in mqtt://10.0.0.5:1883. Empty: the built-in one.'),
  brokerUsername: text('', 'User name at that broker.'),
  brokerPassword: secret('Password at that broker.'),
  maxConnections: integer(4000, 'Most devices connected to the broker at once, as a count.', { minimum: 1, maximum: 65535 }),
  maxPacketBytes: integer(8192, 'Longest MQTT packet, in bytes; whoever sends a longer one is disconnected.', { minimum: 512, maximum: 1048576 }),
  maxPacketsPerS: integer(50, 'Most MQTT packets of one device, per second, averaged over some seconds; whoever sends more is disconnected.', { minimum: 1, maximum: 100000 }),
  connectTimeoutMs: integer(10000, 'A connection that has not become an MQTT session after this time is closed, in ms.', PATIENCE_MS),
  backpressureBytes: integer(65536, 'Unsent bytes of one MQTT connection above which it is closed.', { minimum: 4096, maximum: 16777216 }),
  maxSequenceJump: integer(1000, 'Audio packets that may be missing in a row; one further ahead is dropped, as a count.', { minimum: 16, maximum: 1000000 }),
  moveAfterPackets: integer(3, 'Valid packets in a row from a new address after which audio is sent there, as a count.', { minimum: 1, maximum: 100 }),
  speakWaitMs: integer(8000, 'Longest wait for a device at rest that is asked to open its audio channel, so that it can be told something, in ms. Keep it below http.operatorWaitMs.', { minimum: 500, maximum: 25000 }),
  stopDelayMs: integer(150, 'Pause between the end of an answer in the device and the message that says so, in ms: audio may be late, and that message may not be early.', { minimum: 0, maximum: 1000 })
})

export const auth = group('Who may connect. See docs/security.md.', {
  mode: choice(['on', 'open'], 'on', 'on: devices are checked when they connect. open: nothing is checked, for a desk; anybody who reaches the port can be any device.'),
  admission: choice(['open', 'code', 'allowlist'], 'open', 'Which devices may come that nobody approved. open: new ones from private and loopback addresses; code: none, a person approves the code of each; allowlist: those of auth.allowedDevices, and no other device at all, approved or not.'),
  allowedDevices: texts([], 'Device-Ids that need no code, wherever they come from.'),
  tellCode: boolean(true, 'A device that registered, and connects before anybody approved it, hears its code; else it is refused.'),
  key: secret('Key that signs tokens: the one shared with the other servers of a family. Empty: one that is made at the first start and kept in the store.'),
  acceptSharedTokens: boolean(false, 'Take tokens signed with auth.key for bound devices, too, and for new devices from anywhere: another OTA server, which knows no keys of ours, vouches for them.'),
  tokenLifetimeS: integer(2592000, 'Age up to which a token is valid, in s. A bound device whose own key signed it is let in with an older one.', { minimum: 60, maximum: 4000000000 }),
  trustedProxies: texts([], 'Addresses and networks (10.0.0.0/8) whose X-Forwarded-For and X-Real-IP tell the address of the device.'),
  maxUndecided: integer(4096, 'Most devices at once that wait for the answer whether they may connect, as a count.', { minimum: 1, maximum: 1000000 }),
  limitLoopback: boolean(false, 'Apply the limits below to loopback addresses, too.'),
  addressPerMinute: integer(600, 'Attempts to connect that one address, or IPv6 network of 64 bits, may make, per minute.', { minimum: 1, maximum: 1000000 }),
  addressBurst: integer(300, 'Attempts to connect that one address may make at once, as a count.', { minimum: 1, maximum: 1000000 }),
  devicePerMinute: integer(20, 'Connections that one device may open, per minute.', { minimum: 1, maximum: 1000000 }),
  deviceBurst: integer(10, 'Connections that one device may open at once, as a count.', { minimum: 1, maximum: 1000000 }),
  addressFailures: integer(20, 'Refusals after which an address must wait, as a count.', { minimum: 1, maximum: 1000000 }),
  deviceFailures: integer(5, 'Refusals of one device from one address after which it must wait there, as a count.', { minimum: 1, maximum: 1000000 }),
  backoffMs: integer(1000, 'First wait after too many refusals, in ms; each further one doubles it.', { minimum: 1, maximum: 3600000 }),
  maxBackoffMs: integer(300000, 'Longest such wait, in ms; refusals are forgotten after the same time without one.', { minimum: 1, maximum: 86400000 }),
  maxTracked: integer(20000, 'Addresses, and devices, whose attempts are remembered, as a count; the least recent go first.', { minimum: 16, maximum: 10000000 })
})

export const store = group('What is kept of devices, in chorus.db in the data directory.', {
  commitDelayMs: integer(2, 'Longest time that a write waits for others to share its transaction, in ms.', { minimum: 0, maximum: 5 }),
  commitWrites: integer(1000, 'Most writes in one transaction, as a count.', { minimum: 1, maximum: 100000 }),
  busyTimeoutMs: integer(2000, 'Longest wait for another process that writes, in ms.', { minimum: 0, maximum: 60000 }),
  watchMs: integer(250, 'What `npm run devices` does to a device that is connected takes effect within this time, in ms; 0: at its next connection.', { minimum: 0, maximum: 60000 }),
  requestTimeoutMs: integer(4000, 'Longest wait of another thread for an answer of the store, in ms.', PATIENCE_MS),
  codeLifetimeMs: integer(86400000, 'Time in which an activation code can be approved, in ms.', { minimum: 60000, maximum: 2592000000 }),
  maxCodes: integer(1000, 'Most activation codes that wait at once, as a count. The more there are, the easier one is guessed.', { minimum: 1, maximum: 100000 }),
  maxCodesPerDevice: integer(3, 'Most activation codes that wait for one Device-Id, each for another Client-Id, as a count.', { minimum: 1, maximum: 1000 }),
  maxWrongCodes: integer(10, 'Wrong codes that may be tried within store.wrongCodesMs, as a count.', { minimum: 1, maximum: 10000 }),
  wrongCodesMs: integer(600000, 'Time after which a wrong code is forgotten, in ms.', { minimum: 1000, maximum: 86400000 }),
  maxDevices: integer(100000, 'Most devices that are kept, as a count.', { minimum: 1, maximum: 10000000 })
})
