// Preloaded into a server (`node --import`): its wall clock begins at TEST_CLOCK, and runs.
const offset = Date.parse(process.env['TEST_CLOCK'] ?? '') - Date.now()
const RealDate = Date

class ShiftedDate extends RealDate {
  constructor (...given: unknown[]) {
    super(...(given.length === 0 ? [RealDate.now() + offset] : given) as [number])
  }

  static override now (): number { return RealDate.now() + offset }
}

if (Number.isFinite(offset)) globalThis.Date = ShiftedDate as DateConstructor

export {}
