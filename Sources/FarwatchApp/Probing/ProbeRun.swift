internal import CheckIns
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

  /// What came of one collector.
  private struct Finding {
    var page = ""
    var succeeded = true
    var isProbed = true
    /// What a health check is by this one probe.
    var health = CheckState.Health.unknown
  }

  /// Path of the configuration file.
  package var configuration: String
  /// `REGION/CHECK`, `CHECK`, a link, `REGION/JOB/REPO` or `JOB`, each also with its kind in front as `KIND/…`
  /// (`calculated/…` for a check that is made of others, whose members are probed); empty for everything.
  package var names: [String] = []
  /// Collections of each, one interval (at most two seconds) apart: some things are known only by comparison.
  package var passes = 1

  package init(configuration: String) { self.configuration = configuration }

  /// Blocks for as long as the collections take.
  ///
  /// - Parameter show: is given each piece of the page as soon as it is known, in order.
  /// - Throws: what is wrong with the file, or a name that nothing has.
  package func run(show: (String) -> Void = { _ in }) throws(StartFailure) -> Report {
    let settings: Settings
    do throws(YAMLProblems) {
      settings = try ConfigurationFile.load(configuration)
    } catch { throw StartFailure(error.list.map(\.description)) }
    let chosen = try choose(among: settings)
    let clients = CollectorClients(userAgent: "Farwatch/\(Version.text)")
    defer { clients.shutdown() }
    var report = Report()
    var states: [CalculatedCheck.Member: CheckState.Health] = [:]
    var notProbed: Set<CalculatedCheck.Member> = []
    var tally = Tally()
    for one in chosen.collectors + chosen.members {
      let result = Self.probe(one, clients, passes)
      report.page += result.page
      show(result.page)
      tally.count(result)
      if let basics = (one as? any HealthCheckSettings)?.basics {
        let member = CalculatedCheck.Member(region: basics.region, name: basics.name)
        states[member] = result.health
        if !result.isProbed { notProbed.insert(member) }
      }
      // Of a member nobody asked but for its calculated check, whose verdict is what counts.
      let isAsked = chosen.collectors.contains { $0.isSame(as: one) }
      report.succeeded = report.succeeded && (result.succeeded || !isAsked)
    }
    for check in chosen.calculated {
      let verdict = CalculatedVerdict(of: check, states)
      report.page += verdict.text
      show(verdict.text)
      // Who waits for visits is not probed, and so is what cannot be told without it.
      let isOpen = verdict.isUnknown && check.members.contains { notProbed.contains($0) }
      tally.count(Finding(succeeded: verdict.isGood, isProbed: !isOpen))
      report.succeeded = report.succeeded && (verdict.isGood || isOpen)
    }
    if names.isEmpty {
      report.page += tally.text
      show(tally.text)
    }
    return report
  }

  /// What became of everything that was to be probed.
  private struct Tally {
    private var good = 0
    private var failed = 0
    private var notProbed = 0

    mutating func count(_ finding: Finding) {
      if !finding.isProbed {
        notProbed += 1
      } else if finding.succeeded {
        good += 1
      } else {
        failed += 1
      }
    }

    var text: String {
      "# total: \(good) good, \(failed) FAILED" + (notProbed > 0 ? ", \(notProbed) not probed\n" : "\n")
    }
  }

  private struct Choice {
    var collectors: [any CollectorSettings] = []
    var calculated: [CalculatedCheck] = []
    /// Checks that only a calculated one needs.
    var members: [any CollectorSettings] = []
  }

  private func choose(among settings: Settings) throws(StartFailure) -> Choice {
    let all = settings.collectors
    guard !names.isEmpty else { return Choice(collectors: all, calculated: settings.calculated) }
    var choice = Choice()
    for name in names {
      let found = all.filter { Self.names(of: $0).contains(name) }
      let calculated = settings.calculated.filter { Self.names(of: $0).contains(name) }
      if found.isEmpty, calculated.isEmpty {
        let known =
          all.map { "\($0.description.kind)/\($0.description.name)" }
          + settings.calculated.map { "calculated/\($0.region)/\($0.name)" }
        throw StartFailure(
          "\(configuration) has nothing that is called \"\(name)\"; there are \(known.joined(separator: ", "))"
        )
      }
      choice.collectors += found.filter { one in !choice.collectors.contains { $0.isSame(as: one) } }
      choice.calculated += calculated.filter { !choice.calculated.contains($0) }
    }
    let needed = Set(choice.calculated.flatMap(\.members))
    choice.members = settings.checks.filter { check in
      !check.basics.isCanary
        && needed.contains(.init(region: check.basics.region, name: check.basics.name))
        && !choice.collectors.contains { $0.isSame(as: check) }
    }
    return choice
  }

  private static func names(of check: CalculatedCheck) -> Set<String> {
    let names: Set<String> = [check.name, "\(check.region)/\(check.name)"]
    return names.union(names.map { "calculated/\($0)" })
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
  ) -> Finding {
    let description = settings.description
    let title = "\(description.kind) \(description.name)"
    // Who visits goes to the daemon: here nobody can have come.
    if settings is CheckInSettings {
      return Finding(page: "# \(title): not probed: waits for visits\n", isProbed: false)
    }
    let collector: any Collector
    do {
      collector = try settings.makeCollector(clients)
    } catch { return Finding(page: "# \(title): cannot be made: \(error)\n", succeeded: false) }
    let store = SampleStore()
    let recorder = ReadingRecorder(store, base: description.labels)
    var report = Finding()
    for pass in 0..<max(1, passes) {
      if pass > 0 { _ = Bell().wait(upTo: min(description.interval, .seconds(2))) }
      guard let outcome = collect(collector, atMost: description.timeout * 2 + .seconds(5)) else {
        let text = "# \(title): gave no answer within twice its time-out\n"
        return Finding(page: report.page + text, succeeded: false)
      }
      report.succeeded = outcome.succeeded
      report.health =
        switch CheckState.Evidence(outcome) {
        case .success: .up
        case .failure: .down
        case .none: .unknown
        }
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
