package import Model
internal import PromQL
package import StrictYAML

/// Which series there will be, as far as that is known before there are any.
package struct SeriesCatalogue: Sendable {
  /// Series of one metric that are known alike.
  package struct Entry: Sendable {
    package var name: String
    /// Labels of which all values are known.
    package var values: [String: Set<String>]
    /// Whether there may be other labels, with any value.
    package var isOpen: Bool

    package init(name: String, values: [String: Set<String>] = [:], isOpen: Bool = true) {
      self.name = name
      self.values = values
      self.isOpen = isOpen
    }
  }

  /// Whether others bring series of which nothing is known here.
  package var isOpen = false
  /// Names that begin so are nobody else's: such a one that is not in ``ownNames`` is a mistake even where others bring
  /// series.
  package var ownPrefix: String?
  package var ownNames: Set<String> = []

  private var byName: [String: [Entry]] = [:]

  package init(_ entries: [Entry] = []) { for entry in entries { insert(entry) } }

  package var names: Set<String> { Set(byName.keys) }

  package mutating func insert(_ entry: Entry) { byName[entry.name, default: []].append(entry) }

  /// Labels that are added to what a page shows before rules see it.
  private static let addedLabels: Set<String> = ["job", "instance"]

  /// False only when no series can satisfy all of `matchers`.
  package func mayMatch(_ matchers: [LabelMatcher]) -> Bool {
    let names = matchers.filter { $0.name == Labels.metricNameLabel }
    let rest = matchers.filter { $0.name != Labels.metricNameLabel }
    if isOpen {
      guard let name = names.first(where: { $0.kind == .equal })?.text else { return true }
      // Another of our kind may bring what this one does not.
      return !(ownPrefix.map(name.hasPrefix) ?? false) || ownNames.contains(name) || byName[name] != nil
    }
    let candidates: [Entry]
    if let name = names.first(where: { $0.kind == .equal })?.text {
      candidates = byName[name] ?? []
    } else {
      candidates = byName.values.flatMap { $0 }
    }
    return candidates.contains { entry in
      names.allSatisfy { $0.matches(entry.name) }
        && rest.allSatisfy { matcher in
          if let values = entry.values[matcher.name] { return values.contains(where: matcher.matches) }
          if entry.isOpen || Self.addedLabels.contains(matcher.name) { return true }
          return matcher.matches("")
        }
    }
  }

  func hint(for name: String?) -> String {
    guard let name, let near = suggestion(for: name, among: names.union(ownNames).sorted(by: byteOrder))
    else { return "" }
    return "; did you mean `\(near)`?"
  }

  /// Adds the series that the rules themselves write.
  package mutating func insertRecorded(_ records: [(name: String, labels: Labels)]) {
    for record in records {
      // A label that the rule sets has one value; the others come from its expression.
      insert(Entry(name: record.name, values: record.labels.dictionary.mapValues { [$0] }))
    }
    for name in ["ALERTS", "ALERTS_FOR_STATE"] { insert(Entry(name: name)) }
  }

  /// Reads a metrics page, or a list of series in the notation of test files: the labels at the beginning of every line
  /// that is no comment.
  package mutating func insertPage(_ text: String, _ problems: Problems) {
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let trimmed = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      do throws(ParseError) {
        let labels = try parseSeriesLabels(String(Self.labels(of: trimmed)))
        let values = labels.withoutMetricName.dictionary.mapValues { Set([$0]) }
        insert(Entry(name: labels.metricName ?? "", values: values, isOpen: false))
      } catch {
        problems.add(
          error.message,
          at: YAMLPosition(line: number + 1, column: line.count - trimmed.count + error.position.column))
      }
    }
  }

  /// The part of a line in front of its values: up to the closing brace, or to the first blank.
  private static func labels(of line: Substring) -> Substring {
    var quote: Character?
    var isEscaped = false
    var isInside = false
    for place in line.indices {
      let character = line[place]
      if isEscaped {
        isEscaped = false
      } else if let open = quote {
        if character == "\\" { isEscaped = true }
        if character == open { quote = nil }
      } else if isInside, character == "\"" || character == "'" {
        quote = character
      } else if character == "{" {
        isInside = true
      } else if character == "}" {
        return line[...place]
      } else if !isInside, character == " " || character == "\t" || character == "\r" {
        // A blank may stand between the name and the brace.
        let rest = line[place...].drop { $0 == " " || $0 == "\t" }
        if rest.first != "{" { return line[..<place] }
      }
    }
    return line
  }
}
