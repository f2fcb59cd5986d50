/** What the service is asked for; each kind has faults and a numbering of its own. */
export const kinds = ['chat', 'speech', 'transcription'] as const
export type Kind = typeof kinds[number]
