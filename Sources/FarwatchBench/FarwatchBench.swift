import FarwatchTesting
import Foundation

/// Measures Farwatch beside the programs that it replaces, under the same load at the same time on this machine.
@main
struct FarwatchBench {
  static func main() async {
    guard let choice = Choice(Array(CommandLine.arguments.dropFirst())) else {
      say(Choice.usage)
      exit(2)
    }
    do {
      if choice.chosen == [Choice.chaos] {
        try await chaos(choice)
        return
      }
      if choice.chosen == [Choice.compare] {
        if try await !Comparison(choice).run() { exit(1) }
        return
      }
      say(await Machine.line(binary: choice.binary))
      say(ResultLine.heading)
      if choice.includes(["checks-cpu", "checks-memory", "metrics-page"]) {
        try await ChecksBenchmark(choice).run()
      }
      if choice.includes(ExpositionBenchmark.names) { try await ExpositionBenchmark(choice).run() }
      if choice.includes(["page-latency"]) { try await PageLatencyBenchmark(choice).run() }
      if choice.includes(["rules"]) { try await RulesBenchmark(choice).run() }
      if choice.includes(StoreBenchmark.names) { try await StoreBenchmark(choice).run() }
      if choice.includes(StoreSizeBenchmark.names) { try await StoreSizeBenchmark(choice).run() }
      if choice.includes([HangingReceiversBenchmark.name]) {
        try await HangingReceiversBenchmark(choice).run()
      }
      if choice.includes([PagingStormBenchmark.name]) { try await PagingStormBenchmark(choice).run() }
      if choice.includes([PagingThroughputBenchmark.name]) {
        try await PagingThroughputBenchmark(choice).run()
      }
      if choice.includes([ManyChecksBenchmark.name]) { try await ManyChecksBenchmark(choice).run() }
      if choice.includes([HangingTargetsBenchmark.name]) { try await HangingTargetsBenchmark(choice).run() }
      if choice.includes([DatabaseTargetsBenchmark.name]) {
        try await DatabaseTargetsBenchmark(choice).run()
      }
      if choice.includes([ObjectListingBenchmark.name]) { try await ObjectListingBenchmark(choice).run() }
      if choice.includes([QueryRangeBenchmark.name]) { try await QueryRangeBenchmark(choice).run() }
      if choice.includes(["fault-to-page"]) { try await FaultToPageBenchmark(choice).run() }
    } catch {
      say("farwatch-bench: \(error)")
      exit(1)
    }
  }
}

extension FarwatchBench {
  /// No measurement: kills the daemon again and again; fails when a page was lost, invented or repeated without cause.
  private static func chaos(_ choice: Choice) async throws {
    say("seed \(choice.seed), \(choice.kills) kills")
    let verdict = try await PagingChaos(binary: choice.binary, seed: choice.seed).run(kills: choice.kills) {
      if $0 % 50 == 0 { say("\($0) kills") }
    }
    say(
      "\(verdict.kills) kills, \(verdict.messages) messages taken, \(verdict.refused) not taken, "
        + "\(verdict.repeats) repeated under the same id, \(verdict.problems.count) problems")
    for problem in verdict.problems { say(problem) }
    if !verdict.problems.isEmpty { exit(1) }
  }
}

/// What the command line asked for.
struct Choice: Sendable {
  static let chaos = "paging-chaos"
  /// Not a measurement: who tells the truth about real systems in the states that matter.
  static let compare = "compare"
  static let names =
    ["checks-cpu", "checks-memory", "metrics-page", "page-latency", "fault-to-page", "rules"]
    + StoreBenchmark.names + StoreSizeBenchmark.names
    + [HangingReceiversBenchmark.name, PagingStormBenchmark.name, PagingThroughputBenchmark.name]
    + [ManyChecksBenchmark.name, HangingTargetsBenchmark.name, DatabaseTargetsBenchmark.name]
    + [ObjectListingBenchmark.name, QueryRangeBenchmark.name] + ExpositionBenchmark.names
  static let usage = """
    usage: farwatch-bench BINARY [NAME…] [--seconds N] [--repetitions N]
    names: \(names.joined(separator: ", ")) (default: all)
           or: farwatch-bench BINARY paging-chaos [--kills N] [--seed N]
           or: farwatch-bench BINARY compare
    """

  var binary = ""
  var chosen: Set<String> = []
  /// How long one repetition of a load lasts.
  var seconds = 15
  var repetitions = 3
  var kills = 500
  var seed = UInt64.random(in: 1 ... .max)

  /// nil when the arguments make no sense.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--seconds", "--repetitions":
        guard let number = rest.popFirst().flatMap({ Int($0) }), (1...600).contains(number) else {
          return nil
        }
        if argument == "--seconds" { seconds = number } else { repetitions = number }
      case "--kills":
        guard let number = rest.popFirst().flatMap({ Int($0) }), (1...100_000).contains(number) else {
          return nil
        }
        kills = number
      case "--seed":
        guard let number = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        seed = number
      case Self.chaos, Self.compare: chosen.insert(argument)
      case _ where binary.isEmpty && !argument.hasPrefix("-"): binary = argument
      case _ where Self.names.contains(argument): chosen.insert(argument)
      default: return nil
      }
    }
    guard !binary.isEmpty else { return nil }
  }

  func includes(_ names: [String]) -> Bool { chosen.isEmpty || !chosen.isDisjoint(with: names) }
}

/// What the numbers depend on besides the programs.
enum Machine {
  static func line(binary: String) async -> String {
    let kernel = (try? await ChildProcess.run(["uname", "-sr"])) ?? ""
    let cores = ProcessInfo.processInfo.activeProcessorCount
    var parts = ["\(cores) cores", trimmed(kernel), "farwatch \(await version([binary, "--version"]))"]
    for program in ["prometheus", "prometheus-blackbox-exporter", "prometheus-alertmanager"] {
      parts.append("\(program) \(await version([program, "--version"]))")
    }
    parts.append("nginx \(await version(["nginx", "-v"]))")
    return parts.joined(separator: ", ")
  }

  /// The first word of the output that begins with a digit, with or without a name and a slash before it.
  private static func version(_ command: [String]) async -> String {
    guard let output = try? await ChildProcess.run(command) else { return "?" }
    let words = output.split { $0.isWhitespace || $0 == "," || $0 == "/" }
    return words.first { $0.first?.isNumber == true }.map(String.init) ?? trimmed(output)
  }

  private static func trimmed(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
