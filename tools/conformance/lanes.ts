/** Does something with each, some at a time, in order of their beginning. */
export async function inLanes<T> (items: readonly T[], lanes: number, signal: AbortSignal, act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined && !signal.aborted; item = left.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
