import { Flite } from '../../native-bindings/flite.js'
import { resample } from '../support/speech.js'
import { clips, fleetClips, loadClip } from '../../test/support/clips.js'

/** Something spoken, at the rate of the devices. */
export interface SpeechItem {
  readonly name: string
  readonly text: string | undefined
  readonly samples: Int16Array
}

const CLIP_RATE_HZ = 16_000
/** Prime, so that the alignments to the encoder's frames differ. */
const STEP_SAMPLES = 397
/** The recogniser wants to hear that the speech is over. */
const TAIL_MS = 400

// What a server speaks by default, and with every sound of English in it.
const SENTENCES = [
  'The birch canoe slid on the smooth planks.',
  'Glue the sheet to the dark blue background.',
  'It is easy to tell the depth of a well.',
  'These days a chicken leg is a rare dish.',
  'Rice is often served in round bowls.',
  'The juice of lemons makes fine punch.',
  'The box was thrown beside the parked truck.',
  'Four hours of steady work faced us.',
  'A large size in stockings is hard to sell.',
  'The boy was there when the sun rose.',
  'A rod is used to catch pink salmon.',
  'The source of the huge river is the clear spring.'
]
const VOICES = ['slt', 'awb']

/** The recordings of test/fixtures, each at `alignments` positions to the encoder's frames. */
export async function recordedSpeech (rateHz: number, alignments: number): Promise<SpeechItem[]> {
  const items: SpeechItem[] = []
  for (const [name, clip] of Object.entries({ ...clips, ...fleetClips })) {
    const speech = await resample(loadClip(clip), CLIP_RATE_HZ, rateHz)
    for (let index = 0; index < alignments; index++) {
      items.push({ name, text: clip.text, samples: placeAt(speech, index * STEP_SAMPLES, rateHz) })
    }
  }
  return items
}

/** Sentences by the local voices, as the server speaks them. */
export async function synthesisedSpeech (rateHz: number): Promise<SpeechItem[]> {
  const flite = new Flite()
  const items: SpeechItem[] = []
  for (const voice of VOICES) {
    for (const text of SENTENCES) {
      const { samples, sampleRateHz } = flite.synthesise(text, voice)
      items.push({ name: `flite ${voice}`, text, samples: placeAt(await resample(samples, sampleRateHz, rateHz), 0, rateHz) })
    }
  }
  return items
}

function placeAt (speech: Int16Array, lead: number, rateHz: number): Int16Array {
  const samples = new Int16Array(lead + speech.length + rateHz / 1000 * TAIL_MS)
  samples.set(speech, lead)
  return samples
}
