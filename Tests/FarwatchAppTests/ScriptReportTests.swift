import Foundation
import Testing

@testable import FarwatchApp

@Suite struct ScriptReportTests {
  @Test func failuresNameFileAndLineAndAreCountedOverAllFiles() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "scripts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ text: String) throws -> String {
      let file = folder.appending(path: name)
      try text.write(to: file, atomically: true, encoding: .utf8)
      return file.path
    }
    let good = try write(
      "good.test", "load 1m\n  m 1\n\neval instant at 0 m\n  m 1\n\neval instant at 0 2\n  2")
    let bad = try write("bad.test", "eval instant at 0 1 + 1\n  3\n\neval instant at 0 1\n  1")
    let spoiled = try write("spoiled.test", "\n  lod 1m")
    let missing = folder.appending(path: "missing.test").path
    var lines: [String] = []
    let report = ScriptReport.running([good, bad, spoiled, missing]) { lines.append($0) }
    #expect(
      lines == [
        "\(bad):1: eval instant at 0 1 + 1: wrong value", "  got:", "    2", "  want:", "    3",
        "\(spoiled):2:3: invalid command \"lod 1m\", expected load, clear or eval",
        "cannot open \(missing): No such file or directory",
      ])
    #expect(report.summary == "3 passed, 3 failed")
  }
}
