/// `left op bool on (a) group_left (b) right`.
///
/// Operators that group from the left make chains of any length (`a or b or c …`). A chain is a list, not a tree that
/// leans to the left: nothing that walks or releases it goes as deep as it is long.
package struct BinaryOperation: Sendable {
  /// An operator with what stands at its right.
  package struct Link: Sendable {
    package var op: BinaryOperator
    package var returnsBool: Bool
    package var matching: VectorMatching
    package var operatorRange: SourceRange
    package var right: Expression
    /// Of the operation that ends with this link.
    var range: SourceRange
    var type: ValueType
  }

  /// The leftmost operand.
  package private(set) var first: Expression
  private var chain: [Link] = []
  /// Links of `chain` that belong to this operation; at least one.
  private var count = 0
  /// Levels of the tree below.
  private(set) var depth: Int

  /// The last operator; those before it are in ``left``.
  package var op: BinaryOperator { last.op }
  package var right: Expression { last.right }
  package var returnsBool: Bool { last.returnsBool }
  package var matching: VectorMatching { last.matching }
  package var operatorRange: SourceRange { last.operatorRange }
  var type: ValueType { last.type }

  /// Made when asked for, in constant time.
  package var left: Expression { count == 1 ? first : prefix(count - 1) }

  package var links: ArraySlice<Link> { chain[..<count] }
  package var operands: [Expression] { [first] + links.map(\.right) }

  /// The first `length` operations of the chain, from 1, as an expression.
  package func prefix(_ length: Int) -> Expression {
    var part = self
    part.count = min(max(1, length), count)
    return Expression(kind: .binary(part), range: part.last.range, depth: depth + 1)
  }

  private var last: Link { chain[count - 1] }

  /// A chain without links; one must be appended before anything is asked of it.
  init(_ first: Expression) {
    self.first = first
    depth = first.depth
  }

  mutating func append(_ link: Link) {
    var link = link
    let left = count == 0 ? first.type : type
    link.type = left == .scalar && link.right.type == .scalar ? .scalar : .instantVector
    depth = max(depth, link.right.depth)
    chain.append(link)
    count += 1
  }

  /// The same operations on other operands; nil when `change` gives nil for one.
  func mapOperands(_ change: (Expression) -> Expression?) -> BinaryOperation? {
    guard let first = change(first) else { return nil }
    var result = BinaryOperation(first)
    for var link in links {
      guard let right = change(link.right) else { return nil }
      link.right = right
      result.append(link)
    }
    return result
  }
}
