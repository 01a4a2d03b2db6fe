/// What stands first in a list of the status.
package enum StatusOrder: String, CaseIterable, Sendable {
  case worst = "worst first"
  case name = "by name"
  case configured = "as configured"

  package var next: StatusOrder {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }

  func sort<Element>(
    _ elements: [Element], name: (Element) -> String, rank: (Element) -> Int
  ) -> [Element] {
    switch self {
    case .configured: return elements
    case .name: return elements.sorted { name($0) < name($1) }
    case .worst:
      // Equals stay in their order.
      return elements.enumerated().sorted {
        (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
      }.map(\.element)
    }
  }
}

extension StatusAnswer.Verdict {
  var rank: Int {
    switch self {
    case .bad: 0
    case .degraded: 1
    case .unknown: 2
    case .good: 3
    }
  }
}
