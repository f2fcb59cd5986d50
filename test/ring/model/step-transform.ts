import ts from 'typescript'
import { isFunction, type FunctionNode, type StepAnalysis } from './step-analysis.js'

const { factory } = ts
const GETTER_PREFIX = '$get_'

/**
 * Rewrites a source file so that its threads can be interrupted: each function that steps becomes a
 * generator, each access to shared memory a `yield` of what it is about to do.
 *
 *   Atomics.load(a, i)      yield ['load', a, i]
 *   a[i]                    $isShared(a) ? yield ['read', a, i] : a[i]
 *   a[i] = v                $isShared(a) ? yield ['write', a, i, v] : a[i] = v
 *   a.set(b, i)             $isShared(a) ? yield ['bulk', a, i, b] : a.set(b, i)
 *   ring.push(…)            yield* ring.push(…)
 *   bell.usedBytes          yield* bell.$get_usedBytes()
 *   new Seat(…)             yield* new Seat().$init(…)
 *   callback()              yield* $maybe(callback())
 */
export function toSteps (file: ts.SourceFile, analysis: StepAnalysis): string {
  const result = ts.transform(file, [context => node => ts.visitEachChild(node, new Rewriter(context, analysis).visit, context)])
  const text = ts.createPrinter().printFile(result.transformed[0]!)
  result.dispose()
  return text
}

class Rewriter {
  readonly #context: ts.TransformationContext
  readonly #analysis: StepAnalysis
  /** Is what is visited the body of a function that becomes a generator? */
  #isInSteps = false

  constructor (context: ts.TransformationContext, analysis: StepAnalysis) {
    this.#context = context
    this.#analysis = analysis
  }

  readonly visit = (node: ts.Node): ts.VisitResult<ts.Node> => {
    if (isFunction(node) || ts.isPropertyDeclaration(node)) return this.#within(node)
    if (ts.isCallExpression(node)) return this.#call(node)
    if (ts.isNewExpression(node) && this.#analysis.steppingConstructor(node)) return this.#new(node)
    if (ts.isBinaryExpression(node) && this.#isElement(node.left)) return this.#write(node, node.left)
    if (ts.isElementAccessExpression(node) && this.#isElement(node)) return this.#read(node)
    if (ts.isPropertyAccessExpression(node) && this.#analysis.isSteppingGetter(node)) {
      return delegate(factory.createCallExpression(
        factory.createPropertyAccessExpression(this.#expression(node.expression), GETTER_PREFIX + node.name.text), undefined, []))
    }
    return this.#children(node)
  }

  #children (node: ts.Node): ts.Node { return ts.visitEachChild(node, this.visit, this.#context) }
  #expression (node: ts.Expression): ts.Expression { return ts.visitNode(node, this.visit) as ts.Expression }
  #body (node: ts.Block): ts.Block { return ts.visitNode(node, this.visit) as ts.Block }

  #within (node: FunctionNode | ts.PropertyDeclaration): ts.Node | ts.Node[] {
    const before = this.#isInSteps
    this.#isInSteps = isFunction(node) && this.#analysis.steps(node)
    const result = this.#isInSteps ? this.#function(node as FunctionNode) : this.#children(node)
    this.#isInSteps = before
    return result
  }

  #function (node: FunctionNode): ts.Node | ts.Node[] {
    if (node.modifiers?.some(modifier => modifier.kind === ts.SyntaxKind.AsyncKeyword) === true) refuse(node, 'async functions')
    const star = factory.createToken(ts.SyntaxKind.AsteriskToken)
    if (ts.isArrowFunction(node)) return this.#arrow(node)
    const parameters = this.#parameters(node)
    const body = this.#body(node.body!)
    if (ts.isConstructorDeclaration(node)) {
      const ending = factory.createReturnStatement(factory.createThis())
      const init = factory.createBlock([...body.statements, ending], true)
      return [
        factory.createConstructorDeclaration(undefined, [], factory.createBlock([])),
        factory.createMethodDeclaration(undefined, star, '$init', undefined, undefined, parameters, undefined, init)
      ]
    }
    if (ts.isGetAccessorDeclaration(node)) {
      const name = GETTER_PREFIX + node.name.getText()
      return factory.createMethodDeclaration(undefined, star, name, undefined, undefined, [], undefined, body)
    }
    if (ts.isMethodDeclaration(node)) {
      return factory.createMethodDeclaration(node.modifiers, star, node.name, undefined, node.typeParameters, parameters, undefined, body)
    }
    if (ts.isFunctionDeclaration(node)) {
      return factory.createFunctionDeclaration(node.modifiers, star, node.name, node.typeParameters, parameters, undefined, body)
    }
    return factory.createFunctionExpression(undefined, star, node.name, node.typeParameters, parameters, undefined, body)
  }

  /** Their defaults are not part of the body and cannot step. */
  #parameters (node: FunctionNode): ts.NodeArray<ts.ParameterDeclaration> {
    this.#isInSteps = false
    const parameters = ts.visitNodes(node.parameters, this.visit) as ts.NodeArray<ts.ParameterDeclaration>
    this.#isInSteps = true
    return parameters
  }

  /** Arrows cannot be generators; a bound function sees the same `this`. */
  #arrow (node: ts.ArrowFunction): ts.Node {
    const body = ts.isBlock(node.body)
      ? this.#body(node.body)
      : factory.createBlock([factory.createReturnStatement(this.#expression(node.body))])
    const star = factory.createToken(ts.SyntaxKind.AsteriskToken)
    const wrapped = factory.createFunctionExpression(undefined, star, undefined, undefined, this.#parameters(node), undefined, body)
    return factory.createCallExpression(
      factory.createPropertyAccessExpression(factory.createParenthesizedExpression(wrapped), 'bind'), undefined, [factory.createThis()])
  }

  #call (node: ts.CallExpression): ts.Node {
    const kind = this.#analysis.callKind(node)
    if (kind === 'plain') {
      for (const argument of node.arguments) {
        if (isFunction(argument) && this.#analysis.steps(argument)) refuse(node, 'a callback of the library that steps')
      }
      return this.#children(node)
    }
    this.#requireSteps(node)
    if (kind === 'known' && node.questionDotToken === undefined) return delegate(this.#children(node) as ts.Expression)
    if (kind === 'known' || kind === 'unknown') return delegate(call('$maybe', this.#children(node) as ts.Expression))
    const callee = node.expression as ts.PropertyAccessExpression
    const values = node.arguments.map(argument => this.#expression(argument))
    if (kind === 'atomics') return step(callee.name.text, values)
    const array = this.#array(callee.expression)
    const [source, at = factory.createNumericLiteral(0)] = values
    return onlyShared(array, step('bulk', [array, at, source!]), this.#children(node) as ts.Expression)
  }

  #requireSteps (node: ts.Node): void {
    if (!this.#isInSteps) refuse(node, 'what steps in the initial value of a field or parameter, or outside of functions')
  }

  #new (node: ts.NewExpression): ts.Node {
    this.#requireSteps(node)
    const made = factory.createNewExpression(node.expression, undefined, [])
    const values = (node.arguments ?? []).map(argument => this.#expression(argument))
    return delegate(factory.createCallExpression(factory.createPropertyAccessExpression(made, '$init'), undefined, values))
  }

  #isElement (node: ts.Expression): node is ts.ElementAccessExpression {
    const plain = ts.isNonNullExpression(node) ? node.expression : node
    return ts.isElementAccessExpression(plain) && this.#analysis.isTypedArray(plain.expression)
  }

  #read (node: ts.ElementAccessExpression): ts.Node {
    const array = this.#array(node.expression)
    const at = this.#expression(node.argumentExpression)
    if (ts.isPrefixUnaryExpression(node.parent) || ts.isPostfixUnaryExpression(node.parent)) refuse(node, '++ and -- on a typed array')
    return onlyShared(array, step('read', [array, at]), factory.createElementAccessExpression(array, at))
  }

  #write (node: ts.BinaryExpression, left: ts.ElementAccessExpression): ts.Node {
    const { kind } = node.operatorToken
    if (kind !== ts.SyntaxKind.EqualsToken) {
      // What only reads, such as a comparison, has the element on its left, too.
      if (kind < ts.SyntaxKind.FirstAssignment || kind > ts.SyntaxKind.LastAssignment) return this.#children(node)
      refuse(node, 'compound assignments to a typed array')
    }
    const array = this.#array(left.expression)
    const at = this.#expression(left.argumentExpression)
    const value = this.#expression(node.right)
    const plain = factory.createAssignment(factory.createElementAccessExpression(array, at), value)
    return onlyShared(array, step('write', [array, at, value]), plain)
  }

  /** The array is named twice in what is written, so naming it must do nothing. */
  #array (node: ts.Expression): ts.Expression {
    const isName = ts.isIdentifier(node) || (ts.isPropertyAccessExpression(node) && node.expression.kind === ts.SyntaxKind.ThisKeyword)
    if (!isName) refuse(node, 'a typed array that is not a variable or a field')
    return node
  }
}

function step (name: string, values: readonly ts.Expression[]): ts.Expression {
  const request = factory.createArrayLiteralExpression([factory.createStringLiteral(name), ...values])
  return factory.createParenthesizedExpression(factory.createYieldExpression(undefined, request))
}

function delegate (value: ts.Expression): ts.Expression {
  return factory.createParenthesizedExpression(factory.createYieldExpression(factory.createToken(ts.SyntaxKind.AsteriskToken), value))
}

function call (name: string, value: ts.Expression): ts.Expression {
  return factory.createCallExpression(factory.createIdentifier(name), undefined, [value])
}

function onlyShared (array: ts.Expression, shared: ts.Expression, own: ts.Expression): ts.Expression {
  return factory.createParenthesizedExpression(
    factory.createConditionalExpression(call('$isShared', array), undefined, shared, undefined, factory.createParenthesizedExpression(own)))
}

function refuse (node: ts.Node, what: string): never {
  throw new SyntaxError(`the model checker cannot run ${what}: ${node.getSourceFile().fileName}: ${node.getText()}`)
}
