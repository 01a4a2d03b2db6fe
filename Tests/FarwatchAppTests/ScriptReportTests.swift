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
    let spoiled = try write("spoiled.test", "eval instant at 0 1\n  1\n\n  lod \u{1b}[1m\u{85}")
    let endless = try write("endless.test", "eval range from 0 to 100000h step 1ms up")
    let marked = try write("marked.test", "\u{feff}eval instant at 0 1\n  1")
    let missing = folder.appending(path: "missing.test").path
    var lines: [String] = []
    let report = ScriptReport.running([good, bad, spoiled, endless, marked, missing, folder.path]) {
      lines.append($0)
    }
    #expect(
      lines == [
        "\(bad):1: eval instant at 0 1 + 1: wrong value", "  got:", "    2", "  want:", "    3",
        "\(spoiled):4:3: invalid command \"lod \\x1b[1m\\u{85}\", expected load, clear or eval; "
          + "what stands behind it was not run",
        "\(endless):1:39: range has more than 100000 steps; what stands behind it was not run",
        "\(missing): cannot open: No such file or directory", "\(folder.path): is a directory",
      ])
    #expect(report.summary == "5 passed, 1 failed, 4 files in error" && !report.isGood)
  }
}
