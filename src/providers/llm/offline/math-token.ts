/** What a sum is made of, whichever language and digits it was said in. */
export type MathToken =
  | { readonly kind: 'number', readonly value: number }
  | { readonly kind: 'operator', readonly operator: Operator }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }
  | { readonly kind: 'percent' }
  /** After its number: "squared" is 2, "的平方根" is 0.5. */
  | { readonly kind: 'power-after', readonly exponent: number }
  /** Before its number: "the square root of". */
  | { readonly kind: 'power-before', readonly exponent: number }
  /** "add 5 and 7", "subtract 3 from 10": the joint stands between the two. */
  | { readonly kind: 'call', readonly operator: Operator }
  | { readonly kind: 'joint', readonly isReversed: boolean }

export type Operator = '+' | '-' | '*' | '/' | '^' | 'mod'

export function numberToken (value: number): MathToken { return { kind: 'number', value } }
export function operatorToken (operator: Operator): MathToken { return { kind: 'operator', operator } }

/** Does an operand end with this token? Then a minus after it subtracts, and "add" is "plus". */
export function endsOperand (token: MathToken | undefined): boolean {
  return token !== undefined && ['number', 'close', 'percent', 'power-after'].includes(token.kind)
}
