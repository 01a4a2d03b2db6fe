internal import Collecting
internal import Model
internal import Programs

/// Runs a program and judges it by its exit code, in the monitoring plugins' meaning: 0 good, 1 warning, 2 critical,
/// everything else: the plugin does not know, which says nothing of the target.
final class ExecCheck: Collector {
  let description: CollectorDescription
  private let settings: ExecCheckSettings
  private let programs: ProgramRunner
  private let time: any TimeSource

  init(_ settings: ExecCheckSettings, programs: ProgramRunner, time: any TimeSource) {
    self.settings = settings
    self.programs = programs
    self.time = time
    description = settings.description
  }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = time.now
    let start = time.monotonic
    var request = ProgramRequest(arguments: settings.command)
    request.environment = settings.environment
    request.secrets = settings.secrets
    request.timeout = settings.basics.timeout
    request.outputLimit = settings.output == .metrics ? settings.limits.bodyBytes : 16 << 10
    programs.start(request) { [self] result in
      let (verdict, readings) = judge(result)
      completion(CheckFamilies.outcome(verdict, startedAt: startedAt, start: start, time: time, readings))
    }
  }

  func judge(_ result: ProgramResult) -> (Outcome.Verdict, [Reading]) {
    let name = settings.command.first ?? ""
    switch result.ending {
    case .timedOut:
      let limit = DurationText.format(settings.basics.timeout)
      return (.failure(.timeout, detail: "\(name) did not end within \(limit)"), [])
    case .killed(let signal): return (.failure(.other, detail: "\(name) was killed by signal \(signal)"), [])
    case .notStarted(let reason, let detail): return (.failure(reason, detail: naming(name, detail)), [])
    case .cancelled: return (.failure(.overrun, detail: "\(name) was ended with us"), [])
    case .exited(let code):
      var readings = [Reading(ExecFamilies.exitCode, Double(code))]
      let verdict = verdict(code, result)
      switch settings.output {
      case .none: break
      case .nagios: readings += performance(result)
      case .metrics:
        var pages = PageReadings(own: .empty)
        pages.limits = settings.limits
        do throws(PageReadings.Refusal) {
          readings += try pages.read(result.output).readings
        } catch {
          // A page that cannot be read is a check that was not made.
          return (verdict == .success ? .failure(error.reason, detail: error.description) : verdict, readings)
        }
      }
      return (verdict, readings)
    }
  }

  private func verdict(_ code: Int32, _ result: ProgramResult) -> Outcome.Verdict {
    // A plugin's verdict is its first line; what its libraries complain of on the side is not.
    let line = firstLine(result.output)
    let said = line.contains { $0 != " " } ? line : result.complaint ?? ""
    let detail = "exit code \(code)" + (said.isEmpty ? "" : ": \(said)")
    switch code {
    case 0: return .success
    case 1: return settings.warningIsGood ? .success : .failure(.status, detail: detail)
    case 2: return .failure(.status, detail: detail)
    default: return .failure(.unknown, detail: detail)
    }
  }

  private func performance(_ result: ProgramResult) -> [Reading] {
    let data = PerformanceData(output: String(decoding: result.output, as: UTF8.self))
    return data.items.map {
      Reading(ExecFamilies.value, $0.value, labels: ["label": $0.label, "unit": $0.unit])
    } + [Reading(ExecFamilies.refused, Double(data.refused))]
  }

  /// Of the text before the performance data; printable and short, because it is shown.
  private func firstLine(_ output: [UInt8]) -> String {
    let line = output.prefix { $0 != 0x0a && $0 != UInt8(ascii: "|") }
    let scalars = String(decoding: line, as: UTF8.self).unicodeScalars
      .filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(200)
    return String(String.UnicodeScalarView(scalars))
  }
}
