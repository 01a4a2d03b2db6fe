internal import Model
internal import Paging

/// The routes and topics in force, as an Alertmanager configuration with topics for receivers: what `amtool config show`
/// prints and `amtool config routes test` reads. Endpoints, and with them every secret, are left out.
enum RoutingText {
  /// Takes what no route takes; Alertmanager's tree cannot do without.
  private static let nobody = "nobody"

  static func write(topics: [String], routes: [RouteSettings]) -> String {
    var text = "# Written by Farwatch: topics stand as receivers, without what they deliver to.\n"
    text += "route:\n  receiver: \(nobody)\n"
    append(routes, depth: 1, to: &text)
    text += "receivers:\n- name: \(nobody)\n"
    for topic in topics { text += "- name: \(quoted(topic))\n" }
    return text
  }

  private static func append(_ routes: [RouteSettings], depth: Int, to text: inout String) {
    guard !routes.isEmpty else { return }
    let space = String(repeating: "  ", count: depth)
    text += "\(space)routes:\n"
    for route in routes {
      text += "\(space)- continue: \(route.continue)\n"
      if let topic = route.topic { text += "\(space)  receiver: \(quoted(topic))\n" }
      if !route.match.isEmpty {
        text += "\(space)  matchers:\n"
        for matcher in route.match { text += "\(space)  - '\(singleQuoted(matcher.description))'\n" }
      }
      append(route.routes, depth: depth + 1, to: &text)
    }
  }

  private static func singleQuoted(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
  }
}
