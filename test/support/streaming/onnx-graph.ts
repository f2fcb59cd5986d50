import { bytesField, floatField, integerField, messageField, textField, type Field } from './protobuf.js'

/** Element types of ONNX. */
export const FLOAT = 1
export const INT32 = 6
export const INT64 = 7

type Shape = readonly (number | string)[]
type Attribute = number | readonly number[]

/** An ONNX model, written node by node and turned into the bytes of its file. */
export class OnnxGraph {
  readonly #nodes: Field[] = []
  readonly #constants: Field[] = []
  readonly #inputs: Field[] = []
  readonly #outputs: Field[] = []
  #names = 0

  /** @returns the name of the value */
  input (name: string, type: number, shape: Shape): string {
    this.#inputs.push(messageField(11, valueInfo(name, type, shape)))
    return name
  }

  output (name: string, type: number, shape: Shape): void {
    this.#outputs.push(messageField(12, valueInfo(name, type, shape)))
  }

  floats (values: readonly number[], shape: readonly number[]): string {
    return this.#constant(FLOAT, Buffer.from(Float32Array.from(values).buffer), shape)
  }

  integers (values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(INT64, Buffer.from(BigInt64Array.from(values, BigInt).buffer), shape)
  }

  /** @returns the name of the node's only result, `output` if it is given */
  node (type: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}, output = this.#newName()): string {
    this.#nodes.push(messageField(1, [
      ...inputs.map(name => textField(1, name)),
      textField(2, output),
      textField(4, type),
      ...Object.entries(attributes).map(([name, value]) => messageField(5, attribute(name, value)))
    ]))
    return output
  }

  /** The file, with `metadata` as what an exporter says about the model. */
  file (metadata: Readonly<Record<string, string | number>> = {}): Buffer {
    return Buffer.concat([
      integerField(1, 8),
      messageField(7, [...this.#nodes, textField(2, 'graph'), ...this.#constants, ...this.#inputs, ...this.#outputs]),
      messageField(8, [textField(1, ''), integerField(2, 13)]),
      ...Object.entries(metadata).map(([key, value]) => messageField(14, [textField(1, key), textField(2, String(value))]))
    ])
  }

  #constant (type: number, bytes: Buffer, shape: readonly number[]): string {
    const name = this.#newName()
    this.#constants.push(messageField(5, [
      ...shape.map(size => integerField(1, size)), integerField(2, type), textField(8, name), bytesField(9, bytes)
    ]))
    return name
  }

  #newName (): string { return `v${this.#names++}` }
}

function valueInfo (name: string, type: number, shape: Shape): Field[] {
  const dimensions = shape.map(size => messageField(1, [typeof size === 'number' ? integerField(1, size) : textField(2, size)]))
  return [textField(1, name), messageField(2, [messageField(1, [integerField(1, type), messageField(2, dimensions)])])]
}

// The types of attributes: 1 a float, 2 an integer, 7 integers.
function attribute (name: string, value: Attribute): Field[] {
  if (typeof value !== 'number') return [textField(1, name), ...value.map(one => integerField(8, one)), integerField(20, 7)]
  return Number.isInteger(value)
    ? [textField(1, name), integerField(3, value), integerField(20, 2)]
    : [textField(1, name), floatField(2, value), integerField(20, 1)]
}
