/**
 * How much slower a case may become, as the ratio head/base of CPU time per operation: a comparison
 * fails when a case is slower and its ratio is above this. `default` is for those not named.
 */
export const limits: Readonly<Record<string, number>> = {
  default: 1.05,
  // Two threads that wake each other: how often the one finds the other asleep is the kernel's.
  ring: 1.10
}

export function limitOf (name: string): number { return limits[name] ?? limits['default']! }
