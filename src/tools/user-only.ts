// Device-protocol §12.2: firmware runs them for whoever asks, also where they are not listed.
const NAMES: ReadonlySet<string> = new Set([
  'self.get_system_info', 'self.reboot', 'self.upgrade_firmware', 'self.screen.get_info', 'self.screen.snapshot',
  'self.screen.preview_image', 'self.assets.set_download_url'
])

/** Must no model be offered this, whatever the device says? */
export function isUserOnlyName (name: string): boolean {
  return NAMES.has(name) || /(?:^|[^a-z])(?:reboot|upgrade_?firmware)$/i.test(name)
}
