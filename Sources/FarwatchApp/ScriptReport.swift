internal import DurableIO
internal import RuleTesting

/// What became of a number of test scripts.
package struct ScriptReport: Sendable {
  package private(set) var passed = 0
  package private(set) var failed = 0

  package var summary: String { "\(passed) passed, \(failed) failed" }

  /// Runs the scripts one after the other, each on an empty store; `say` gets every line as it comes.
  package static func running(_ files: [String], say: (String) -> Void) -> ScriptReport {
    var report = ScriptReport()
    for file in files { report.run(file, say: say) }
    return report
  }

  private mutating func run(_ file: String, say: (String) -> Void) {
    let bytes: [UInt8]
    do {
      bytes = try readFile(file, limit: Script.maximumBytes)
    } catch {
      failed += 1
      return say("\(error)")
    }
    let script: Script
    do {
      script = try Script.parse(String(decoding: bytes, as: UTF8.self))
    } catch {
      failed += 1
      return say("\(file):\(error)")
    }
    let run = ScriptRunner.run(script)
    passed += run.passed
    failed += run.failures.count
    for failure in run.failures {
      for (index, line) in failure.lines.enumerated() { say(index == 0 ? "\(file):\(line)" : line) }
    }
  }
}
