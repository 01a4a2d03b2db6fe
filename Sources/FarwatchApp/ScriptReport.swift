internal import RuleTesting
internal import StrictYAML

/// What became of a number of test scripts.
package struct ScriptReport: Sendable {
  package private(set) var passed = 0
  package private(set) var failed = 0
  /// Files that could not be read, or not to their end.
  package private(set) var broken = 0

  package var isGood: Bool { failed == 0 && broken == 0 }

  package var summary: String {
    "\(passed) passed, \(failed) failed" + (broken == 0 ? "" : ", \(counted(broken, "file")) in error")
  }

  /// Runs the scripts one after the other, each on an empty store; `begin` hears of each by its place, `say` gets every
  /// line as it comes.
  package static func running(
    _ files: [String], begin: (Int) -> Void = { _ in }, say: (String) -> Void
  ) -> ScriptReport {
    var report = ScriptReport()
    for (place, file) in files.enumerated() {
      begin(place)
      report.run(file) { say(printable($0)) }
    }
    return report
  }

  /// A script with a fault is run up to it.
  private mutating func run(_ file: String, say: (String) -> Void) {
    var limits = YAML.Limits()
    limits.bytes = Script.maximumBytes
    let problems = Problems(file: file)
    guard let text = YAML.text(ofFile: file, problems, limits: limits, acceptsPipes: true) else {
      broken += 1
      return problems.list.forEach { say($0.description) }
    }
    let script = Script.read(text)
    let run = ScriptRunner.run(script)
    passed += run.passed
    failed += run.failures.count
    for failure in run.failures {
      for (index, line) in failure.lines.enumerated() { say(index == 0 ? "\(file):\(line)" : line) }
    }
    if let fault = script.fault {
      broken += 1
      say("\(file):\(fault); what stands behind it was not run")
    }
  }

  /// Characters of a line that are shown: a script may be no script at all.
  private static let shownLength = 2000

  /// `line` without what a terminal would obey or hide.
  private static func printable(_ line: String) -> String {
    var out = String.UnicodeScalarView()
    for (index, scalar) in line.unicodeScalars.enumerated() {
      if index == shownLength { return String(out) + "…" }
      let category = scalar.properties.generalCategory
      if (category == .control && scalar != "\t") || category == .format {
        out += "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars
      } else {
        out.append(scalar)
      }
    }
    return String(out)
  }
}
