import Foundation

/// Debian's promtool as the judge of expressions. Its package is among those that `make` installs; without it the tests
/// that ask it fail.
enum Promtool {
  /// What is wrong with each expression that promtool refuses, by its place in the list: `1:5: parse error: …`.
  static func refusals(of expressions: [String]) throws -> [Int: String] {
    let rules = expressions.enumerated().map { index, text -> [String: Any] in
      ["record": "rule:number\(index)", "expr": text]
    }
    let document: [String: Any] = ["groups": [["name": "g", "rules": rules]]]
    let file = FileManager.default.temporaryDirectory.appending(path: "farwatch-\(UUID().uuidString).yml")
    // JSON is YAML.
    try JSONSerialization.data(withJSONObject: document, options: [.withoutEscapingSlashes]).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let output = try run(["check", "rules", "--lint=none", file.path])
    var refused: [Int: String] = [:]
    for line in output.split(separator: "\n") {
      guard let rule = line.range(of: ", rule "),
        let message = line.range(of: "could not parse expression: "),
        let number = Int(line[rule.upperBound...].prefix(while: \.isNumber))
      else { continue }
      refused[number - 1] = String(line[message.upperBound...])
    }
    return refused
  }

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/promtool")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
