internal import Model
package import StrictYAML

/// What the sections of a file need to know of each other.
package struct Scope: Sendable {
  package let regions: [String]
  package let vantage: String
  package let paths: FilePaths
  /// The ids, which are secrets, of the checks that are visited, by REGION/NAME; nil while checks are not known.
  package var pushIDs: [String: String]?

  package init(regions: [String], vantage: String, paths: FilePaths) {
    self.regions = regions
    self.vantage = vantage
    self.paths = paths
  }

  /// The name of a region that the file declares.
  package var region: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      if regions.contains(name) { return nil }
      if let near = suggestion(for: name, among: regions) {
        return "unknown region \"\(name)\"; did you mean \"\(near)\"?"
      }
      return "unknown region \"\(name)\"; `regions` declares \(regions.joined(separator: ", "))"
    }
  }

  /// A name with a part that could not be read says nothing about the others.
  ///
  /// - Parameter showsName: false for names that are secrets.
  package func reportDuplicates(
    _ kind: String, _ named: [(parts: [String], node: YAMLNode)], _ problems: Problems, showsName: Bool = true
  ) {
    var seen: [String: YAMLNode] = [:]
    for (parts, node) in named where !parts.contains("") {
      let name = parts.joined(separator: "/")
      if let first = seen[name] {
        let shown = showsName ? "\(kind) \"\(name)\"" : "this \(kind)"
        problems.add("\(shown) is declared a second time; first in line \(first.position.line)", at: node)
      } else {
        seen[name] = node
      }
    }
  }
}
