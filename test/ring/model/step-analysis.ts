import ts from 'typescript'

/** A function of the sources, of whatever form. */
export type FunctionNode = ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction | ts.MethodDeclaration |
  ts.GetAccessorDeclaration | ts.ConstructorDeclaration

/** `known`: calls a function that steps. `unknown`: whether it does shows when it is called. */
type CallKind = 'plain' | 'atomics' | 'bulk' | 'known' | 'unknown'

const TYPED_ARRAY = /^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/

/**
 * Finds the functions in which a thread can be interrupted: those that touch a typed array or
 * Atomics, and all that call them. The type checker resolves the calls; where it cannot (callbacks,
 * interfaces), the call counts as one.
 */
export class StepAnalysis {
  readonly #program: ts.Program
  readonly #checker: ts.TypeChecker
  readonly #files: ReadonlySet<ts.SourceFile>
  readonly #callees = new Map<FunctionNode, Set<FunctionNode>>()
  readonly #stepping = new Set<FunctionNode>()

  constructor (program: ts.Program, files: readonly ts.SourceFile[]) {
    this.#program = program
    this.#checker = program.getTypeChecker()
    this.#files = new Set(files)
    for (const file of files) this.#collect(file)
    this.#spread()
  }

  steps (node: FunctionNode): boolean { return this.#stepping.has(node) }

  isTypedArray (node: ts.Expression): boolean {
    const type = this.#checker.getNonNullableType(this.#checker.getTypeAtLocation(node))
    return TYPED_ARRAY.test(type.symbol?.name ?? '')
  }

  callKind (call: ts.CallExpression): CallKind {
    const callee = call.expression
    if (ts.isPropertyAccessExpression(callee)) {
      if (callee.expression.getText() === 'Atomics') return 'atomics'
      if (callee.name.text === 'set' && this.isTypedArray(callee.expression)) return 'bulk'
    }
    const target = this.#checker.getResolvedSignature(call)?.declaration
    const body = target === undefined ? undefined : functionWithBody(target)
    if (body !== undefined && this.#files.has(body.getSourceFile())) return this.#stepping.has(body) ? 'known' : 'plain'
    return target !== undefined && this.#program.isSourceFileDefaultLibrary(target.getSourceFile()) ? 'plain' : 'unknown'
  }

  /** The constructor that runs, if it steps. */
  steppingConstructor (node: ts.NewExpression): boolean {
    const target = this.#checker.getResolvedSignature(node)?.declaration
    return target !== undefined && ts.isConstructorDeclaration(target) && this.#stepping.has(target)
  }

  /** Is this a read of a property whose getter steps? */
  isSteppingGetter (node: ts.PropertyAccessExpression): boolean {
    const getter = this.#getter(node)
    return getter !== undefined && this.#stepping.has(getter)
  }

  #getter (node: ts.PropertyAccessExpression): FunctionNode | undefined {
    const getter = this.#checker.getSymbolAtLocation(node.name)?.declarations?.find(ts.isGetAccessorDeclaration)
    return getter !== undefined && this.#files.has(getter.getSourceFile()) ? getter : undefined
  }

  #collect (node: ts.Node): void {
    if (isFunction(node) && node.body !== undefined) {
      this.#callees.set(node, new Set())
      this.#examine(node, node.body)
    }
    node.forEachChild(child => { this.#collect(child) })
  }

  #examine (owner: FunctionNode, node: ts.Node): void {
    if (ts.isElementAccessExpression(node) && this.isTypedArray(node.expression)) this.#stepping.add(owner)
    if (ts.isPropertyAccessExpression(node)) this.#link(owner, this.#getter(node))
    if (ts.isCallExpression(node)) this.#examineCall(owner, node)
    if (ts.isNewExpression(node)) {
      const target = this.#checker.getResolvedSignature(node)?.declaration
      if (target !== undefined && ts.isConstructorDeclaration(target)) this.#link(owner, target)
    }
    node.forEachChild(child => { if (!isFunction(child)) this.#examine(owner, child) })
  }

  #examineCall (owner: FunctionNode, call: ts.CallExpression): void {
    const kind = this.callKind(call)
    if (kind === 'atomics' || kind === 'bulk' || kind === 'unknown') this.#stepping.add(owner)
    const target = this.#checker.getResolvedSignature(call)?.declaration
    if (target !== undefined) this.#link(owner, functionWithBody(target))
  }

  #link (owner: FunctionNode, callee: FunctionNode | undefined): void {
    if (callee !== undefined) this.#callees.get(owner)!.add(callee)
  }

  #spread (): void {
    for (let grew = true; grew;) {
      grew = false
      for (const [owner, callees] of this.#callees) {
        if (this.#stepping.has(owner) || ![...callees].some(callee => this.#stepping.has(callee))) continue
        this.#stepping.add(owner)
        grew = true
      }
    }
  }
}

export function isFunction (node: ts.Node): node is FunctionNode {
  return ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) || ts.isGetAccessorDeclaration(node) || ts.isConstructorDeclaration(node)
}

function functionWithBody (node: ts.Node): FunctionNode | undefined {
  return isFunction(node) && node.body !== undefined ? node : undefined
}
