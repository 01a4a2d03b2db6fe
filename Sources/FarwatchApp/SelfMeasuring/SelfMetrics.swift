internal import AccessControl
internal import Alerting
internal import Exposition
internal import HTTPClient
internal import HTTPServer
internal import Journal
internal import Model
internal import Notifying
internal import Paging
internal import PrometheusAPI
internal import SampleStore
internal import StateDatabase

/// What Farwatch measures of itself, written into the store like everything else: rules may watch the watcher.
/// Confined to the core's thread.
final class SelfMetrics {
  struct Sources {
    var pages: PageRenderer
    var server: HTTPServer
    var database: StateDatabase
    var loop: CoreLoop
    var feeds: Feeds
    var reloads: ReloadLog
    var resolver: HostResolver
    var access: ListenerAccess
    var queries: QueryThreads
    var streams: EventStreams
  }

  private let sources: Sources
  private let recorder: ReadingRecorder
  private let process = ProcessStatistics()

  init(store: SampleStore, sources: Sources) {
    self.sources = sources
    recorder = ReadingRecorder(store, base: .empty)
  }

  func record(_ conductor: Conductor, now: Timestamp) {
    var readings: [Reading] = [
      Reading(SelfFamilies.buildInfo, 1, labels: ["version": Version.text]),
      Reading(SelfFamilies.ready, conductor.isReady),
    ]
    readings += storeReadings(conductor.store.statistics)
    readings += ruleReadings(conductor.engine)
    readings += conductor.desk.readings(at: now)
    readings += conductor.dispatcher.snapshot(now: now).readings
    readings += conductor.heartbeats.readings
    readings += conductor.proofs.readings
    readings += journalReadings(conductor.journal)
    readings.append(
      Reading(SelfFamilies.checkChangesLeftOut, Double(conductor.watchlist.changesLeftOut)))
    readings += databaseReadings(sources.database.statistics)
    readings += serverReadings(sources.server.statistics)
    readings += accessReadings(sources.access, sources.server.statistics)
    readings += reloadReadings(sources.reloads.current)
    readings += sources.feeds.readings
    readings += EventStreamFamilies.readings(sources.streams.statistics)
    readings += NameLookUpFamilies.readings(sources.resolver.statistics)
    readings += sources.queries.statistics.readings
    readings += process.readings()
    let turns = sources.loop.statistics
    readings.append(Reading(SelfFamilies.turns, Double(turns.turns)))
    readings.append(Reading(SelfFamilies.longestTurn, turns.longestTurn.inSeconds))
    readings.append(
      Reading(TimelinessFamilies.longestDelay, conductor.watchlist.longestDelay.inSeconds))
    readings += TimelinessFamilies.readings(turns)
    recorder.record(readings, at: now)
  }

  private func storeReadings(_ s: SampleStoreStatistics) -> [Reading] {
    let page = sources.pages.statistics
    return [
      Reading(SelfFamilies.series, Double(s.series)),
      Reading(SelfFamilies.samples, Double(s.appended)),
      Reading(SelfFamilies.samplesRefused, Double(s.outOfOrder), labels: ["reason": "out_of_order"]),
      Reading(
        SelfFamilies.samplesRefused, Double(s.duplicates), labels: ["reason": "duplicate_timestamp"]),
      Reading(SelfFamilies.seriesLimit, Double(s.seriesLimit)),
      Reading(SelfFamilies.knownSeries, Double(s.knownSeries)),
      Reading(SelfFamilies.samplesDropped, Double(s.droppedSamples)),
      Reading(SelfFamilies.storeFailing, s.isFailing),
      Reading(SelfFamilies.storeFailures, Double(s.writeFailures)),
      Reading(SelfFamilies.storeCheckpoints, Double(s.checkpoints)),
      Reading(SelfFamilies.storeDamaged, Double(s.damaged + s.damagedChunks)),
      Reading(SelfFamilies.storeBlocks, Double(s.blocks)),
      Reading(SelfFamilies.storeBytes, Double(s.diskBytes)),
      Reading(SelfFamilies.seriesRefused, Double(s.refusedSeries)),
      Reading(SelfFamilies.pageRefused, Double(page.seriesRefused + page.familiesRefused)),
    ]
  }

  private func ruleReadings(_ engine: RuleEngine) -> [Reading] {
    let totals = engine.totals
    let snapshot = engine.snapshot()
    let alerts = snapshot.alerts
    return Self.groupReadings(snapshot.groups) + TimelinessFamilies.readings(snapshot.groups) + [
      Reading(SelfFamilies.evaluations, Double(totals.evaluations)),
      Reading(SelfFamilies.evaluationFailures, Double(totals.failures)),
      Reading(SelfFamilies.templateFailures, Double(totals.templateFailures)),
      Reading(SelfFamilies.alertsFired, Double(totals.fired)),
      Reading(SelfFamilies.alertsResolved, Double(totals.resolved)),
      Reading(
        SelfFamilies.alerts, Double(alerts.count { $0.state == .firing }), labels: ["state": "firing"]),
      Reading(
        SelfFamilies.alerts, Double(alerts.count { $0.state == .pending }), labels: ["state": "pending"]),
    ]
  }

  /// Groups beyond this many are counted together, without a label.
  static let mostGroups = 200

  /// Groups of one name, in whatever files, are one.
  static func groupReadings(_ groups: [RulesSnapshot.Group]) -> [Reading] {
    var places: [String: Int] = [:]
    var sums: [(name: String, failures: Int, templateFailures: Int)] = []
    for group in groups {
      let name = places[group.name] != nil || sums.count < mostGroups ? group.name : ""
      let place = places[name] ?? sums.count
      if place == sums.count {
        places[name] = place
        sums.append((name, 0, 0))
      }
      sums[place].failures += group.failures
      sums[place].templateFailures += group.templateFailures
    }
    return sums.flatMap { sum in
      let labels: Labels = sum.name.isEmpty ? .empty : ["group": sum.name]
      return [
        Reading(SelfFamilies.groupFailures, Double(sum.failures), labels: labels),
        Reading(SelfFamilies.groupTemplateFailures, Double(sum.templateFailures), labels: labels),
      ]
    }
  }

  private func journalReadings(_ journal: JournalBook) -> [Reading] {
    [
      Reading(SelfFamilies.journalEntries, Double(journal.count)),
      Reading(SelfFamilies.journalWritten, Double(journal.statistics.appended)),
      Reading(SelfFamilies.journalOmitted, Double(journal.statistics.omitted)),
    ]
  }

  private func databaseReadings(_ s: StateDatabaseStatistics) -> [Reading] {
    var readings = [
      Reading(SelfFamilies.commits, Double(s.transactions)),
      Reading(SelfFamilies.commitFailures, Double(s.failures)),
      Reading(SelfFamilies.unsavedRows, Double(s.unsavedKeys)),
    ]
    if let took = s.lastCommitDuration {
      readings.append(Reading(SelfFamilies.commitSeconds, took.inSeconds))
    }
    return readings
  }

  private func serverReadings(_ s: HTTPServerStatistics) -> [Reading] {
    var readings = s.requestsByStatusClass.enumerated().filter { $0.offset >= 2 }.map {
      Reading(SelfFamilies.httpRequests, Double($0.element), labels: ["code": "\($0.offset)xx"])
    }
    readings.append(Reading(SelfFamilies.httpAborted, Double(s.requestsAborted)))
    readings.append(Reading(SelfFamilies.httpConnections, Double(s.connectionsOpen)))
    for (reason, count) in [("header_timeout", s.headersOverdue), ("body_timeout", s.bodiesOverdue)] {
      readings.append(Reading(SelfFamilies.httpConnectionsCut, Double(count), labels: ["reason": reason]))
    }
    return readings
  }

  private func accessReadings(_ access: ListenerAccess, _ s: HTTPServerStatistics) -> [Reading] {
    var readings = access.door.statistics.refused.map {
      Reading(SelfFamilies.httpRefused, Double($0.value), labels: ["reason": $0.key.rawValue])
    }
    let certificates = Double(s.clientCertificatesRefused)
    readings.append(Reading(SelfFamilies.httpRefused, certificates, labels: ["reason": "certificate"]))
    readings.append(Reading(SelfFamilies.webFilesInForce, access.problem == nil))
    return readings
  }

  private func reloadReadings(_ reloads: ReloadState) -> [Reading] {
    [
      Reading(SelfFamilies.reloadSuccessful, reloads.lastAttemptSucceeded),
      Reading(SelfFamilies.reloadTime, reloads.lastSuccess.seconds),
      Reading(SelfFamilies.reloads, Double(reloads.successes), labels: ["result": "success"]),
      Reading(SelfFamilies.reloads, Double(reloads.failures), labels: ["result": "failure"]),
    ]
  }
}
