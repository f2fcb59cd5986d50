export { alignWords, countWordErrors, normaliseWords, type WordErrors } from '../../tools/simulator/word-error-rate.js'
