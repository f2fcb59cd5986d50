import { PbfReader, PbfWriter } from 'pbf'

// Reads and writes as much of onnx.proto (ONNX 1.16) as is wanted here; numbers of its fields.
const MODEL = { irVersion: 1, graph: 7, opset: 8 }
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 }
const NODE = { input: 1, output: 2, op: 4, attribute: 5 }
const ATTRIBUTE = { name: 1, int: 3, tensor: 5, graph: 6, type: 20 }
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9 }
const VALUE = { name: 1, type: 2 }
const FLOAT = 1
const INT64 = 7
const ATTRIBUTE_INT = 2
const IR_VERSION = 8
const OPSET = 15

export interface FloatTensor { readonly dims: readonly number[], readonly values: Float32Array }

/**
 * Every constant of floats in a model's graph and in those within it, by the name of its node's
 * output.
 */
export function readConstants (model: Uint8Array): ReadonlyMap<string, FloatTensor> {
  const constants = new Map<string, FloatTensor>()
  new PbfReader(model).readFields((field, _, reader) => {
    if (field === MODEL.graph) readGraph(reader, constants)
  }, undefined)
  return constants
}

function readGraph (reader: PbfReader, constants: Map<string, FloatTensor>): void {
  reader.readMessage(field => {
    if (field !== GRAPH.node) return
    const node = { output: '', tensor: undefined as FloatTensor | undefined }
    reader.readMessage(part => {
      if (part === NODE.output) node.output = reader.readString()
      else if (part === NODE.attribute) node.tensor = readAttribute(reader, constants) ?? node.tensor
    }, undefined)
    if (node.tensor !== undefined) constants.set(node.output, node.tensor)
  }, undefined)
}

function readAttribute (reader: PbfReader, constants: Map<string, FloatTensor>): FloatTensor | undefined {
  let tensor: FloatTensor | undefined
  reader.readMessage(field => {
    if (field === ATTRIBUTE.graph) readGraph(reader, constants)
    else if (field === ATTRIBUTE.tensor) tensor = readTensor(reader)
  }, undefined)
  return tensor
}

function readTensor (reader: PbfReader): FloatTensor | undefined {
  const dims: number[] = []
  let type = 0
  let raw: Uint8Array = new Uint8Array(0)
  reader.readMessage(field => {
    if (field === TENSOR.dims) reader.readPackedVarint(dims)
    else if (field === TENSOR.type) type = reader.readVarint()
    else if (field === TENSOR.raw) raw = Uint8Array.from(reader.readBytes()) // a copy: it may begin anywhere, floats may not
  }, undefined)
  return type === FLOAT ? { dims, values: new Float32Array(raw.buffer) } : undefined
}

/** Inputs and outputs of a model: floats of these sizes; a name stands for a size that may vary. */
export type Shapes = Readonly<Record<string, readonly (number | string)[]>>

/** A graph that is being written. Tensors are known by their names. */
export class ModelWriter {
  readonly #graph = new PbfWriter()
  #names = 0

  floats (dims: readonly number[], values: Float32Array): string {
    return this.#tensor(FLOAT, dims, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }

  integers (values: readonly number[]): string {
    return this.#tensor(INT64, [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer))
  }

  /** Adds an operator of ONNX with whole numbers as attributes. @returns its only output */
  node (op: string, inputs: readonly string[], attributes: Readonly<Record<string, number>> = {}, output = this.#name()): string {
    this.#graph.writeMessage(GRAPH.node, (_, writer) => {
      for (const input of inputs) writer.writeStringField(NODE.input, input)
      writer.writeStringField(NODE.output, output)
      writer.writeStringField(NODE.op, op)
      for (const [name, value] of Object.entries(attributes)) {
        writer.writeMessage(NODE.attribute, () => {
          writer.writeStringField(ATTRIBUTE.name, name)
          writer.writeVarintField(ATTRIBUTE.int, value)
          writer.writeVarintField(ATTRIBUTE.type, ATTRIBUTE_INT)
        }, undefined)
      }
    }, undefined)
    return output
  }

  /** What is at `from` to `to` of an axis. */
  slice (input: string, from: number, to: number, axis = 1): string {
    return this.node('Slice', [input, this.integers([from]), this.integers([to]), this.integers([axis])])
  }

  concat (inputs: readonly string[], axis = 1, output?: string): string { return this.node('Concat', inputs, { axis }, output) }

  /** @returns the model's bytes */
  finish (inputs: Shapes, outputs: Shapes): Uint8Array {
    this.#graph.writeStringField(GRAPH.name, 'graph')
    for (const [name, dims] of Object.entries(inputs)) this.#value(GRAPH.input, name, dims)
    for (const [name, dims] of Object.entries(outputs)) this.#value(GRAPH.output, name, dims)
    const model = new PbfWriter()
    model.writeVarintField(MODEL.irVersion, IR_VERSION)
    model.writeBytesField(MODEL.graph, this.#graph.finish())
    model.writeMessage(MODEL.opset, (_, writer) => { writer.writeVarintField(2, OPSET) }, undefined)
    return model.finish()
  }

  #name (): string { return `t${this.#names++}` }

  #tensor (type: number, dims: readonly number[], raw: Uint8Array): string {
    const name = this.#name()
    this.#graph.writeMessage(GRAPH.initializer, (_, writer) => {
      for (const dim of dims) writer.writeVarintField(TENSOR.dims, dim)
      writer.writeVarintField(TENSOR.type, type)
      writer.writeStringField(TENSOR.name, name)
      writer.writeBytesField(TENSOR.raw, raw)
    }, undefined)
    return name
  }

  // ValueInfoProto { name, type { tensor_type { elem_type, shape { dim { value | param } } } } }
  #value (field: number, name: string, dims: readonly (number | string)[]): void {
    this.#graph.writeMessage(field, (_, writer) => {
      writer.writeStringField(VALUE.name, name)
      writer.writeMessage(VALUE.type, () => {
        writer.writeMessage(1, () => {
          writer.writeVarintField(1, FLOAT)
          writer.writeMessage(2, () => {
            for (const dim of dims) {
              writer.writeMessage(1, () => {
                if (typeof dim === 'number') writer.writeVarintField(1, dim)
                else writer.writeStringField(2, dim)
              }, undefined)
            }
          }, undefined)
        }, undefined)
      }, undefined)
    }, undefined)
  }
}
