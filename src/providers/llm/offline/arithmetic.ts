import type { MathToken, Operator } from './math-token.js'

export type MathProblem = 'division-by-zero' | 'root-of-negative' | 'too-large'
export type MathResult = { readonly kind: 'value', readonly value: number } | { readonly kind: 'problem', readonly problem: MathProblem }

interface Operand { readonly value: number, readonly isPercent: boolean }

// Brackets and signs nest by recursion; nobody says more than this, and the stack holds far more.
const MAX_DEPTH = 100

class NoSumError extends Error {}
class ProblemError extends Error {
  readonly problem: MathProblem
  constructor (problem: MathProblem) {
    super(problem)
    this.problem = problem
  }
}

/** What the sum comes to; undefined if it is none: no operation in it, or not well-formed. */
export function calculate (tokens: readonly MathToken[]): MathResult | undefined {
  if (tokens.every(token => token.kind === 'number' || token.kind === 'joint')) return undefined
  try {
    return { kind: 'value', value: new SumParser(tokens).parse() }
  } catch (error) {
    if (error instanceof ProblemError) return { kind: 'problem', problem: error.problem }
    if (error instanceof NoSumError) return undefined
    throw error
  }
}

/**
 * sum     = product { (+ | -) product }
 * product = signed { (* | / | mod) signed }
 * signed  = - signed | power
 * power   = operand [ ^ signed ]
 * operand = (number | ( sum ) | root signed-power | call sum joint sum) { % | squared | … }
 */
class SumParser {
  readonly #tokens: readonly MathToken[]
  #at = 0
  #depth = 0

  constructor (tokens: readonly MathToken[]) {
    this.#tokens = tokens
  }

  parse (): number {
    const value = this.#sum().value
    if (this.#at < this.#tokens.length) throw new NoSumError()
    return value
  }

  #sum (): Operand {
    if (++this.#depth > MAX_DEPTH) throw new NoSumError()
    let left = this.#product()
    for (let operator = this.#operator('+', '-'); operator !== undefined; operator = this.#operator('+', '-')) {
      const right = this.#product()
      // "80 plus 10 percent" is 88, as on any pocket calculator.
      const amount = right.isPercent && !left.isPercent ? left.value * right.value : right.value
      left = { value: apply(operator, left.value, amount), isPercent: left.isPercent && right.isPercent }
    }
    this.#depth--
    return left
  }

  #product (): Operand {
    let left = this.#signed()
    for (let operator = this.#operator('*', '/', 'mod'); operator !== undefined; operator = this.#operator('*', '/', 'mod')) {
      left = { value: apply(operator, left.value, this.#signed().value), isPercent: false }
    }
    return left
  }

  #signed (): Operand {
    if (++this.#depth > MAX_DEPTH) throw new NoSumError()
    const isNegative = this.#operator('-') !== undefined
    const operand = isNegative ? this.#signed() : this.#power()
    this.#depth--
    return isNegative ? { ...operand, value: -operand.value } : operand
  }

  #power (): Operand {
    const base = this.#operand()
    if (this.#operator('^') === undefined) return base
    return { value: apply('^', base.value, this.#signed().value), isPercent: false }
  }

  #operand (): Operand {
    let operand: Operand = { value: this.#bare(), isPercent: false }
    for (;;) {
      const token = this.#tokens[this.#at]
      if (token?.kind === 'percent') operand = { value: operand.value / 100, isPercent: true }
      else if (token?.kind === 'power-after') operand = { value: apply('^', operand.value, token.exponent), isPercent: false }
      else return operand
      this.#at++
    }
  }

  #bare (): number {
    const token = this.#tokens[this.#at++]
    if (token?.kind === 'number') return token.value
    if (token?.kind === 'power-before') return apply('^', this.#signed().value, token.exponent)
    if (token?.kind === 'open') {
      const { value } = this.#sum()
      this.#expect('close')
      return value
    }
    if (token?.kind !== 'call') throw new NoSumError()
    const left = this.#sum().value
    const joint = this.#expect('joint')
    const right = this.#sum().value
    return joint.kind === 'joint' && joint.isReversed ? apply(token.operator, right, left) : apply(token.operator, left, right)
  }

  #expect (kind: MathToken['kind']): MathToken {
    const token = this.#tokens[this.#at++]
    if (token?.kind !== kind) throw new NoSumError()
    return token
  }

  #operator (...operators: readonly Operator[]): Operator | undefined {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'operator' || !operators.includes(token.operator)) return undefined
    this.#at++
    return token.operator
  }
}

function apply (operator: Operator, left: number, right: number): number {
  if ((operator === '/' || operator === 'mod') && right === 0) throw new ProblemError('division-by-zero')
  if (operator === '^' && left === 0 && right < 0) throw new ProblemError('division-by-zero')
  const value = raw(operator, left, right)
  if (Number.isNaN(value)) throw new ProblemError('root-of-negative')
  if (!Number.isFinite(value)) throw new ProblemError('too-large')
  return value
}

function raw (operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+': return left + right
    case '-': return left - right
    case '*': return left * right
    case '/': return left / right
    case 'mod': return left - right * Math.floor(left / right)
    case '^': return right === 0.5 ? Math.sqrt(left) : right === 1 / 3 ? Math.cbrt(left) : left ** right
  }
}
