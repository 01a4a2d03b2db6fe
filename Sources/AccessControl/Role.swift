/// What a visitor may do.
package enum Role: String, CaseIterable, Sendable {
  /// Scrape: `/metrics` and `/federate`.
  case metrics
  /// See everything that is shown: pages, queries, alerts, events.
  case read
  /// Silence, acknowledge, prove, reload.
  case operate
  /// Send alerts and samples.
  case ingest
}

/// A set of roles; whoever may read may scrape, and whoever operates sees what he does.
package struct Roles: Hashable, Sendable, CustomStringConvertible {
  private var bits: UInt8 = 0

  package init(_ roles: some Sequence<Role>) {
    for role in roles { bits |= Self.bit(role) }
    if contains(.operate) { bits |= Self.bit(.read) }
    if contains(.read) { bits |= Self.bit(.metrics) }
  }

  package static let none = Roles([Role]())
  package static let all = Roles(Role.allCases)

  package func contains(_ role: Role) -> Bool { bits & Self.bit(role) != 0 }
  package func union(_ other: Roles) -> Roles {
    var roles = self
    roles.bits |= other.bits
    return roles
  }
  package var isEmpty: Bool { bits == 0 }
  package var description: String {
    Role.allCases.filter(contains).map(\.rawValue).joined(separator: ", ")
  }

  private static func bit(_ role: Role) -> UInt8 {
    switch role {
    case .metrics: 1
    case .read: 2
    case .operate: 4
    case .ingest: 8
    }
  }
}

/// What a request needs.
package enum Requirement: Hashable, Sendable {
  /// Nothing: it shows and changes nothing of value, or its address is the secret (pings, links in pages).
  case nothing
  case role(Role)

  /// Requests that change something are known by name; any other that is not a plain read needs `operate`.
  package static func of(method: String, path: String) -> Requirement {
    let isRead = method == "GET" || method == "HEAD" || method == "OPTIONS"
    if openPaths.contains(path) || openFolders.contains(where: path.hasPrefix) { return .nothing }
    if isRead { return .role(scraped.contains(path) ? .metrics : .read) }
    if posted.contains(path) { return method == "POST" ? .role(.ingest) : .role(.operate) }
    if method == "POST", isQuestion(path) { return .role(.read) }
    return .role(.operate)
  }

  private static let openPaths: Set<String> = ["/-/healthy", "/-/ready", "/sns", "/ack", "/status.css"]
  private static let openFolders = ["/ping/", "/SimpleNotificationService-"]
  private static let scraped: Set<String> = ["/metrics", "/federate"]
  private static let posted: Set<String> = ["/api/v1/alerts", "/api/v2/alerts", "/api/v1/write"]

  /// Prometheus takes questions by POST too, because they may be long.
  private static func isQuestion(_ path: String) -> Bool {
    let folder = "/api/v1/"
    guard path.hasPrefix(folder) else { return false }
    let name = path.dropFirst(folder.count)
    return [
      "query", "query_range", "query_exemplars", "series", "labels", "format_query", "parse_query",
    ].contains(name)
  }
}
