/// Where something stands in a document: line and column from 1, the column counted in Unicode scalars.
package struct YAMLPosition: Hashable, Comparable, Sendable {
  package var line: Int
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static let start = YAMLPosition(line: 1, column: 1)
  /// No place in the text: it could not be read.
  package static let wholeFile = YAMLPosition(line: 0, column: 0)

  package static func < (a: Self, b: Self) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// One thing that is wrong with a document. Prints as `FILE:LINE:COLUMN: message`, which editors can jump to; without a place
/// as `FILE: message`.
package struct YAMLProblem: Error, Hashable, Sendable, CustomStringConvertible {
  package var file: String
  package var line: Int
  package var column: Int
  package var message: String

  package init(file: String, at position: YAMLPosition, _ message: String) {
    self.file = file
    line = position.line
    column = position.column
    self.message = message
  }

  package var description: String {
    let name = file.isEmpty ? "\"\"" : file
    return line == 0 ? "\(name): \(message)" : "\(name):\(line):\(column): \(message)"
  }
}

/// Everything that is wrong with a document, in the order of the text. Prints one problem per line.
package struct YAMLProblems: Error, Sendable, CustomStringConvertible {
  package var list: [YAMLProblem]

  package init(_ list: [YAMLProblem]) { self.list = list }

  package var description: String { list.map(\.description).joined(separator: "\n") }
}

/// Collects the problems of one document while it is being read, so that all are told at once.
///
/// Keeps the first ``limit`` problems; what comes after is only counted, and ``list`` ends by saying so.
package final class Problems {
  package let file: String
  private var found: [YAMLProblem] = []
  private var dropped = 0
  private let limit = 200

  package init(file: String) { self.file = file }

  package var isEmpty: Bool { found.isEmpty }
  package var count: Int { found.count + dropped }

  package func add(_ message: String, at position: YAMLPosition) {
    let problem = YAMLProblem(file: file, at: position, message)
    // One place that is read twice says its problem once.
    if found.contains(problem) { return }
    if found.count < limit { found.append(problem) } else { dropped += 1 }
  }

  package func add(_ message: String, at node: YAMLNode) { add(message, at: node.position) }

  /// In the order of the text; at one place in the order of discovery.
  package var list: [YAMLProblem] {
    var sorted = found.enumerated().sorted { a, b in
      (a.element.line, a.element.column, a.offset) < (b.element.line, b.element.column, b.offset)
    }.map(\.element)
    if dropped > 0, let last = sorted.last {
      let place = YAMLPosition(line: last.line, column: last.column)
      sorted.append(YAMLProblem(file: file, at: place, "and \(dropped) more problems"))
    }
    return sorted
  }

  package func throwIfAny() throws(YAMLProblems) {
    if !isEmpty { throw YAMLProblems(list) }
  }
}
