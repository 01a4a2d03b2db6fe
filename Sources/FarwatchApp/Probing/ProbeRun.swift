internal import Collecting
internal import Configuration
internal import Exposition
internal import Model
internal import SampleStore
internal import StrictYAML
internal import Synchronization
internal import Threading

/// `farwatch probe`: runs collectors of a configuration once, beside any daemon, and shows all that they bring.
package struct ProbeRun: Sendable {
  package struct Report: Sendable {
    /// What was found, as a metrics page: what people read of it stands in comments.
    package var page = ""
    package var succeeded = true
  }

  /// Path of the configuration file.
  package var configuration: String
  /// `REGION/CHECK`, `CHECK`, a link, `REGION/JOB/REPO` or `JOB`, each also with its kind in front as `KIND/…`; empty
  /// for every collector.
  package var names: [String] = []
  /// Collections of each, one interval (at most two seconds) apart: some things are known only by comparison.
  package var passes = 1

  package init(configuration: String) { self.configuration = configuration }

  /// Blocks for as long as the collections take.
  ///
  /// - Throws: what is wrong with the file, or a name that nothing has.
  package func run() throws(StartFailure) -> Report {
    let settings: Settings
    do throws(YAMLProblems) {
      settings = try ConfigurationFile.load(configuration)
    } catch { throw StartFailure(error.list.map(\.description)) }
    let chosen = try choose(settings.collectors)
    let clients = CollectorClients(userAgent: "Farwatch/\(Version.text)")
    defer { clients.shutdown() }
    var report = Report()
    for one in chosen {
      let result = Self.probe(one, clients, passes)
      report.page += result.page
      report.succeeded = report.succeeded && result.succeeded
    }
    return report
  }

  private func choose(_ all: [any CollectorSettings]) throws(StartFailure) -> [any CollectorSettings] {
    guard !names.isEmpty else { return all }
    var chosen: [any CollectorSettings] = []
    for name in names {
      let found = all.filter { Self.names(of: $0).contains(name) }
      if found.isEmpty {
        let known = all.map { "\($0.description.kind)/\($0.description.name)" }.joined(separator: ", ")
        throw StartFailure("\(configuration) has nothing that is called \"\(name)\"; there are \(known)")
      }
      chosen += found.filter { one in !chosen.contains { $0.isSame(as: one) } }
    }
    return chosen
  }

  private static func names(of one: any CollectorSettings) -> Set<String> {
    let description = one.description
    var names: Set<String> = [description.name]
    if let check = one as? any HealthCheckSettings { names.insert(check.basics.name) }
    if let job = one as? any BackupJobSettings { names.insert(job.basics.job) }
    return names.union(names.map { "\(description.kind)/\($0)" })
  }

  private static func probe(
    _ settings: any CollectorSettings, _ clients: CollectorClients, _ passes: Int
  ) -> Report {
    let description = settings.description
    let title = "\(description.kind) \(description.name)"
    let collector: any Collector
    do {
      collector = try settings.makeCollector(clients)
    } catch { return Report(page: "# \(title): cannot be made: \(error)\n", succeeded: false) }
    let store = SampleStore()
    let recorder = ReadingRecorder(store, base: description.labels)
    var report = Report()
    for pass in 0..<max(1, passes) {
      if pass > 0 { _ = Bell().wait(upTo: min(description.interval, .seconds(2))) }
      guard let outcome = collect(collector, atMost: description.timeout * 2 + .seconds(5)) else {
        let text = "# \(title): gave no answer within twice its time-out\n"
        return Report(page: report.page + text, succeeded: false)
      }
      report.succeeded = outcome.succeeded
      report.page += "# \(title): \(sentence(of: outcome))\n"
      recorder.record(outcome.readings, at: outcome.finishedAt)
    }
    let page = PageRenderer(store).render()
    report.page += page.segments.map { String(decoding: $0.storage, as: UTF8.self) }.joined()
    return report
  }

  private static func collect(_ collector: any Collector, atMost limit: Duration) -> Outcome? {
    let bell = Bell()
    let answer = AnswerSlot()
    collector.collect {
      answer.put($0)
      bell.ring()
    }
    _ = bell.wait(upTo: limit)
    return answer.outcome
  }

  private static func sentence(of outcome: Outcome) -> String {
    let took = DurationText.format(.milliseconds(max(1, outcome.took.milliseconds)))
    return switch outcome.verdict {
    case .success: "good, in \(took)"
    case .failure(let reason, let detail): "FAILED in \(took): \(reason.rawValue): \(oneLine(detail))"
    }
  }

  /// A comment of a metrics page ends with its line.
  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }
}
