internal import Alerting
internal import Collecting
internal import Configuration
internal import FoundationEssentials
internal import Model
internal import PrometheusAPI
internal import SampleStore

extension Daemon {
  var prometheusAPI: PrometheusAPI { PrometheusAPI(DaemonQuerying(daemon: self), queries) }
}

/// The daemon as Prometheus' query API sees it.
struct DaemonQuerying: PrometheusFace {
  let daemon: Daemon

  var reader: any SeriesReader & Sendable { daemon.store }
  var now: Timestamp { daemon.time.now }
  var externalLabels: Labels { daemon.reloads.current.settings.externalLabels }

  func information() -> DaemonInformation {
    let reloads = daemon.reloads.current
    let settings = reloads.settings
    let statistics = daemon.store.statistics
    return DaemonInformation(
      version: Version.text, startedAt: daemon.startedAt, configuredAt: reloads.lastSuccess,
      isNewestConfiguration: reloads.lastAttemptSucceeded,
      workingDirectory: FileManager.default.currentDirectoryPath, retention: settings.store.retention,
      corruptions: Int(clamping: statistics.damaged + statistics.damagedChunks),
      flags: [
        "config.file": daemon.configurationFile, "query.lookback-delta": "5m",
        "query.max-concurrency": "\(settings.query.concurrency)",
        "query.max-samples": "\(settings.query.maximumSamples)",
        "query.timeout": DurationText.format(settings.query.timeout),
        "storage.tsdb.path": settings.stateDirectory,
        "storage.tsdb.retention.size": "\(settings.store.sizeLimit)B",
        "storage.tsdb.retention.time": DurationText.format(settings.store.retention),
        "web.external-url": settings.externalURL ?? daemon.baseURL, "web.listen-address": settings.listen,
      ])
  }

  func configurationText() -> String { daemon.reloads.current.text }

  func families() -> [MetricFamily] { daemon.store.familyVersions().map(\.family) }

  func storeSummary() -> StoreSummary {
    let extent = daemon.store.extent
    return StoreSummary(
      series: extent.series, chunks: extent.chunks, oldest: extent.oldest, newest: extent.newest)
  }

  func rules() -> RulesSnapshot? { daemon.loop.ask { conductor, _ in conductor.engine.snapshot() } }

  func targets() -> [TargetInformation]? {
    daemon.loop.ask { conductor, _ in conductor.targetInformation }
  }
}

extension Conductor {
  /// Every collector, by kind and name.
  fileprivate var targetInformation: [TargetInformation] {
    watchlist.targets.values.sorted { ($0.key.kind, $0.key.name) < ($1.key.kind, $1.key.name) }.map {
      target in
      let description = target.plan.description
      var shown = TargetInformation(
        kind: target.key.kind, name: target.key.name, labels: description.labels,
        interval: description.interval, timeout: description.timeout,
        families: type(of: target.plan.settings).families)
      guard let newest = target.newest else { return shown }
      shown.health = newest.succeeded ? .up : .down
      shown.problem = target.problem ?? ""
      shown.lastRun = newest.finishedAt
      shown.took = newest.took
      return shown
    }
  }
}

extension QuerySettings {
  init(_ settings: Settings.Query) {
    self.init()
    concurrency = settings.concurrency
    waiting = settings.waiting
    timeout = settings.timeout
    maximumSamples = settings.maximumSamples
  }
}
