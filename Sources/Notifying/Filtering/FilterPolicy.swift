package import Model

/// Which alerts a subscription hears of: SNS' subscription filter policy, with SNS' operators and limits.
///
/// A policy is an object. Every key must hold; under a key one of the listed values must. `$or` takes a list of such
/// objects, one of which must hold. A value is text, a number, true, false, null, or an operator: `prefix`, `suffix`,
/// `equals-ignore-case`, `wildcard`, `anything-but`, `numeric`, `exists`, `cidr`.
///
/// Where SNS' documentation and its imitators differ, the documentation holds: of a list any element may match, also
/// for `anything-but`.
package struct FilterPolicy: Hashable, Sendable {
  /// What is looked at. The raw value is SNS' word.
  package enum Scope: String, Hashable, Sendable, CaseIterable {
    /// The alert's labels, and with them `status` (firing, resolved) and `kind` (news, reminder …), all of them text.
    case attributes = "MessageAttributes"
    /// The JSON of the alert's message, as SNS' subscribers without filter get it.
    case body = "MessageBody"
  }

  /// One step into a policy: where something is wrong.
  package enum Step: Hashable, Sendable {
    case key(String)
    case index(Int)
  }

  package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: [Step]
    package let message: String
    package var description: String { message }
  }

  /// SNS' limits.
  package static let maximumKeys = 5
  package static let maximumCombinations = 150
  package static let maximumBytes = 256 * 1024
  static let maximumDepth = 20

  package let scope: Scope
  private let block: FilterBlock

  package init(_ policy: OrderedJSON, scope: Scope = .attributes) throws(Fault) {
    var reader = FilterPolicyReader(scope: scope)
    block = try reader.policy(policy)
    self.scope = scope
  }

  /// Whether `document`, an object, fulfils the policy. Takes time in proportion to both, nested at most as deep as
  /// the policy.
  package func accepts(_ document: OrderedJSON) -> Bool { block.holds(in: document) }

  /// What a policy over attributes sees of `event`. `status` and `kind` win over labels of these names.
  static func attributes(of event: AlertEvent, kind: Notification.Kind) -> OrderedJSON {
    let reserved = ["status": event.status.rawValue, "kind": kind.rawValue].sorted { $0.key < $1.key }
    return .object(
      event.labels.entries.filter { label in !reserved.contains { $0.key == label.name } }
        .map { .init($0.name, .string($0.value)) } + reserved.map { .init($0.key, .string($0.value)) })
  }
}

/// Conditions that must all hold.
struct FilterBlock: Hashable, Sendable {
  indirect enum Condition: Hashable, Sendable {
    case values([FilterPattern])
    case nested(FilterBlock)
  }

  struct Field: Hashable, Sendable {
    var name: String
    var condition: Condition
  }

  var fields: [Field] = []
  /// Of each list one must hold.
  var alternatives: [[FilterBlock]] = []

  func holds(in document: OrderedJSON?) -> Bool {
    for field in fields {
      let value = document?[field.name]
      switch field.condition {
      case .values(let patterns):
        guard patterns.contains(where: { $0.accepts(value) }) else { return false }
      case .nested(let block):
        // Of a list of objects one must fulfil the whole, not each key another one.
        if case .array(let items) = value {
          guard items.contains(where: { block.holds(in: $0) }) else { return false }
        } else if !block.holds(in: value) {
          return false
        }
      }
    }
    return alternatives.allSatisfy { $0.contains { $0.holds(in: document) } }
  }
}

extension OrderedJSON {
  /// The member `name` of an object, the first where a foreign one has several.
  fileprivate subscript(name: String) -> OrderedJSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { sameBytes($0.name, name) }?.value
  }
}
