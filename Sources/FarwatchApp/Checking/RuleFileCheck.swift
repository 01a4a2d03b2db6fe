internal import Alerting
internal import Configuration
internal import DurableIO
internal import Model
internal import RuleTesting
internal import StrictYAML

/// `farwatch check rules`: what `promtool check rules` does, and lints.
package struct RuleFileCheck: Sendable {
  /// As promtool exits.
  package enum Verdict: Int32, Sendable {
    case good = 0
    case bad = 1
    /// Nothing but what lints found, and lints were said to be fatal.
    case lintsFound = 3
  }

  package struct Options: Sendable {
    /// As written behind `--lint`; nil when it was not.
    package var lints: String?
    package var lintsAreFatal = false
    package var ignoresUnknownFields = false
    /// What the rules will be run on: a configuration file, a page of metrics.
    package var configuration: String?
    package var seriesFile: String?

    package init() {}
  }

  package enum Line: Sendable {
    /// For standard output.
    case said(String)
    /// For standard error.
    case complained(String)
  }

  /// Name and meaning of every lint, for the help; an asterisk stands at those that must be asked for.
  package static var lintHelp: String {
    Lint.all.map { "  \($0.name)\($0.isDefault ? "" : "*"): \($0.finds)" }.joined(separator: "\n")
  }

  private let options: Options
  private let chosen: [Lint]
  /// Those whose findings count: what `--lint` names, and promtool's own when it names nothing.
  private let counting: Set<String>
  private var context = LintContext()
  private var hasProblems = false
  private var hasCountingFindings = false

  private init(_ options: Options) {
    self.options = options
    let names = (options.lints ?? "").split(separator: ",").map(String.init)
    if options.lints == nil {
      chosen = Lint.all.filter(\.isDefault)
      counting = [Lint.duplicateRules.name]
    } else {
      chosen = Lint.all.filter { names.contains($0.name) || (names.contains("all") && $0.isDefault) }
      counting = Set(chosen.map(\.name))
    }
  }

  /// Checks each file; `-`, or no file at all, is standard input. Blocks.
  ///
  /// - Parameter begin: hears of each file by its place, when it is read.
  package static func run(
    _ files: [String], _ options: Options, begin: (Int) -> Void = { _ in }, say: (Line) -> Void
  ) -> Verdict {
    var check = RuleFileCheck(options)
    let known = Set(Lint.all.map(\.name) + ["all", "none"])
    for name in (options.lints ?? "").split(separator: ",") where !known.contains(String(name)) {
      // A gate that asks for nothing by a slip of the pen would be open for ever.
      check.hasProblems = check.hasProblems || options.lintsAreFatal
      say(.complained("\(options.lintsAreFatal ? "" : "warning: ")unknown lint \(name)"))
    }
    guard check.readSeries(say) else { return .bad }
    var named: Set<String> = []
    let read = (files.isEmpty ? ["-"] : files).enumerated().compactMap { place, file in
      begin(place)
      if named.insert(file).inserted { return check.read(file) }
      say(.complained("warning: \(file) is named twice; it is checked once"))
      return nil
    }
    // A rule may read what a rule of another file records.
    check.context.series?.insertRecorded(read.flatMap { $0.loaded?.groups ?? [] }.recorded)
    for file in read { check.judge(file, say) }
    if check.hasProblems { return .bad }
    return check.hasCountingFindings && options.lintsAreFatal ? .lintsFound : .good
  }

  /// What the rules will find; false when it cannot be told.
  private mutating func readSeries(_ say: (Line) -> Void) -> Bool {
    if options.configuration == nil, options.seriesFile == nil { return true }
    var series = SeriesCatalogue()
    if let file = options.configuration {
      do throws(StartFailure) {
        let settings = try LoadedConfiguration(file: file).settings
        series = SeriesCatalogue(of: settings)
        context.retention = settings.store.retention
      } catch {
        for line in error.lines { say(.complained(line)) }
        return false
      }
    }
    if let file = options.seriesFile {
      let problems = Problems(file: file)
      if let text = YAML.text(ofFile: file, problems, acceptsPipes: true) {
        series.insertPage(text, problems)
      }
      for problem in problems.list { say(.complained(problem.description)) }
      guard problems.isEmpty else { return false }
    }
    context.series = series
    return true
  }

  private struct ReadFile {
    var name: String
    var problems: [String] = []
    /// nil when there are problems.
    var loaded: LoadedRules?
  }

  private func read(_ file: String) -> ReadFile {
    let name = file == "-" ? "standard input" : file
    let problems = Problems(file: name)
    let text =
      file == "-"
      ? standardInput(problems)
      : YAML.text(ofFile: file, problems, limits: RuleFile.limits, acceptsPipes: true)
    guard let text else { return ReadFile(name: name, problems: problems.list.map(\.description)) }
    let loaded = RuleFile.read(
      text, file: name, ignoringUnknownFields: options.ignoresUnknownFields, problems)
    return problems.isEmpty
      ? ReadFile(name: name, loaded: loaded)
      : ReadFile(name: name, problems: problems.list.map(\.description))
  }

  private func standardInput(_ problems: Problems) -> String? {
    let limit = RuleFile.limits.bytes
    do throws(IOFailure) {
      let bytes = try readStandardInput(limit: limit)
      if let text = YAML.text(of: bytes) { return text }
      problems.add("is not UTF-8", at: .wholeFile)
    } catch {
      problems.add(error.description, at: .wholeFile)
    }
    return nil
  }

  private mutating func judge(_ file: ReadFile, _ say: (Line) -> Void) {
    guard let loaded = file.loaded else {
      hasProblems = true
      for problem in file.problems { say(.complained(problem)) }
      return
    }
    if chosen.contains(where: { $0.name == Lint.duplicateRules.name }) {
      for warning in loaded.warnings {
        say(.complained("warning: \(warning) (\(Lint.duplicateRules.name))"))
        hasCountingFindings = hasCountingFindings || counting.contains(Lint.duplicateRules.name)
      }
    }
    for finding in Lint.findings(in: loaded.groups, by: chosen, context) {
      say(.complained("warning: \(finding.text)"))
      hasCountingFindings = hasCountingFindings || counting.contains(finding.lint)
    }
    let rules = loaded.groups.reduce(0) { $0 + $1.rules.count }
    say(
      .said("\(file.name): good: \(counted(loaded.groups.count, "group")), \(counted(rules, "rule"))"))
  }
}
