internal import Model
internal import NativeHistograms
internal import PromQL

/// One thing that went otherwise than a script expects.
package struct ScriptFailure: Sendable, Hashable {
  /// Of the command, from 1.
  package var line: Int
  /// The command as written.
  package var command: String
  package var reason: String
  /// Both sides, complete, a line each.
  package var got: [String] = []
  package var want: [String] = []

  /// `LINE: command: reason`, then what came and what was wanted.
  package var lines: [String] {
    var out = ["\(line): \(command): \(reason)"]
    if !got.isEmpty || !want.isEmpty {
      out += ["  got:"] + got.map { "    " + $0 } + ["  want:"] + want.map { "    " + $0 }
    }
    return out
  }
}

/// Runs the commands of a script one after the other. Confined to one thread.
package struct ScriptRunner {
  private let series = SeriesFixture()
  package private(set) var passed = 0
  package private(set) var failures: [ScriptFailure] = []

  package init() {}

  /// Runs a whole script on an empty store. A load that fails ends it: nothing behind it could be judged.
  package static func run(_ script: Script) -> ScriptRunner {
    var runner = ScriptRunner()
    for command in script.commands {
      switch command {
      case .clear: runner.series.removeAll()
      case .load(let load):
        guard runner.load(load) else { return runner }
      case .eval(let eval): runner.evaluate(eval)
      }
    }
    return runner
  }

  /// False when it failed.
  private mutating func load(_ command: LoadCommand) -> Bool {
    var all = command.series
    if command.addsCustomBuckets {
      do throws(CustomBuckets.Fault) {
        all += try CustomBuckets.series(of: command)
      } catch { return loadFailed(command.line, error.labels, error.message) }
    }
    for entry in all {
      for case .histogram(let histogram, _) in entry.values {
        do throws(HistogramError) {
          try histogram.validate()
        } catch { return loadFailed(entry.line, entry.labels, error.message) }
      }
      do throws(SeriesFixture.Refusal) {
        try series.add(
          entry.values, to: entry.labels, from: Timestamp(milliseconds: 0), step: command.step)
      } catch { return loadFailed(entry.line, entry.labels, error.description) }
    }
    return true
  }

  private mutating func loadFailed(_ line: Int, _ labels: Labels, _ reason: String) -> Bool {
    failures.append(
      ScriptFailure(
        line: line, command: "load \(labels)", reason: "\(reason); the rest of the file is not run"))
    return false
  }

  private mutating func evaluate(_ command: EvalCommand) {
    let judge = EvalJudge(command: command, queries: ScriptQueries(series: series))
    if let failure = judge.failure() { failures.append(failure) } else { passed += 1 }
  }
}
