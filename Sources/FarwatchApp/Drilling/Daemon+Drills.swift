internal import Configuration
internal import DrillReports
internal import Drills
internal import Model
internal import Notifying
internal import Readiness
internal import StateDatabase
internal import Synchronization

/// What is asked of drills over HTTP.
protocol DrillDaemonFace: Sendable {
  /// nil: no answer in time.
  func drills() -> DrillOverview?
  func startDrill(_ request: DrillRequest) -> DrillAnswer
  func noteDrill(_ text: String, workload: String?, by: String) -> DrillAnswer
  func reachPhase(_ name: String, workload: String?, by: String) -> DrillAnswer
  func stopDrill(_ workload: String?, _ outcome: Drill.Outcome, by: String, comment: String) -> DrillAnswer
  /// Of the newest drill when no name is given.
  func drillReport(_ id: String?, _ format: ReportFormat) -> DrillReportAnswer
}

struct DrillOverview: Sendable {
  struct Due: Sendable {
    var workload: String
    var kind: DrillKind
    var last: Timestamp?
    var due: Timestamp?
  }

  /// Newest first.
  var drills: [Drill]
  var calendar: [Due]
}

/// What became of something that was asked of a drill.
enum DrillAnswer: Sendable {
  case done(Drill)
  case refused(DrillRefusal)
  case busy
  /// It is in force, but not on the disk.
  case notDurable
}

enum DrillReportAnswer: Sendable {
  case report(String)
  case notFound(String)
  case busy
  case failed(String)
}

extension Daemon: DrillDaemonFace {
  func drills() -> DrillOverview? {
    loop.ask { conductor, _ in
      let book = conductor.drills.book
      let due = conductor.readiness.book.workloads.flatMap { workload in
        DrillKind.allCases.compactMap { kind -> DrillOverview.Due? in
          let (last, due) = (book.last(kind, of: workload.name), book.due(kind, of: workload.name))
          if last == nil, due == nil { return nil }
          return DrillOverview.Due(workload: workload.name, kind: kind, last: last, due: due)
        }
      }
      return DrillOverview(drills: book.all, calendar: due)
    }
  }

  func startDrill(_ request: DrillRequest) -> DrillAnswer {
    settled(loop.ask { $0.startDrill(request, at: $1) })
  }

  func noteDrill(_ text: String, workload: String?, by: String) -> DrillAnswer {
    settled(
      loop.ask { conductor, time in
        conductor.change(time) { book throws(DrillRefusal) in
          try book.note(text, of: workload, by: by, at: time.now)
        }
      })
  }

  func reachPhase(_ name: String, workload: String?, by: String) -> DrillAnswer {
    settled(
      loop.ask { conductor, time in
        conductor.change(time) { book throws(DrillRefusal) in
          try book.phase(name, of: workload, by: by, at: time.now)
        }
      })
  }

  func stopDrill(_ workload: String?, _ outcome: Drill.Outcome, by: String, comment: String) -> DrillAnswer {
    let answer = settled(
      loop.ask { conductor, time in
        conductor.change(time) { book throws(DrillRefusal) in
          try book.stop(workload, outcome: outcome, by: by, comment: comment, at: time.now)
        }
      })
    // While everything that it rests on is still there.
    if case .done(let drill) = answer { _ = drillReport(drill.id, .json) }
    return answer
  }

  private func settled(_ result: Result<Drill, DrillRefusal>?) -> DrillAnswer {
    switch result {
    case nil: return .busy
    case .failure(let refusal): return .refused(refusal)
    case .success(let drill):
      switch settle() {
      case .written: return .done(drill)
      case .notWritten: return .notDurable
      case .busy: return .busy
      }
    }
  }

  // MARK: Reports

  func drillReport(_ id: String?, _ format: ReportFormat) -> DrillReportAnswer {
    let found = loop.ask { conductor, _ -> DrillReporter.Known? in
      let book = conductor.drills.book
      guard let drill = id.map(book.drill) ?? book.all.first else { return nil }
      let workloads = conductor.readiness.book
      return DrillReporter.Known(
        drill: drill, workload: workloads.workloads.first { $0.name == drill.workload },
        failovers: workloads.failovers(of: drill.workload).filter { $0.drill == drill.id }
          .sorted { $0.startedAt < $1.startedAt })
    }
    guard let known = found else { return .busy }
    guard let known else {
      return .notFound(id.map { "there is no drill \(quoted($0))" } ?? "there was no drill yet")
    }
    let isFree = reading.withLock { isReading in
      defer { isReading = true }
      return !isReading
    }
    guard isFree else { return .busy }
    defer { reading.withLock { $0 = false } }
    do {
      let reader = try StateReader(path: database.path)
      if let stored = try Self.stored(known.drill, reader) { return .report(stored.text(format)) }
      // The rows of what was asked last must be there.
      guard settle() != .busy else { return .busy }
      let signed = try make(known, reader)
      if !known.drill.isRunning, let row = try StoredReport(signed).row {
        database.commit([StateChange(.drillReports, known.drill.id, row)]) { _ in }
      }
      return .report(try signed.text(format))
    } catch { return .failed("the report cannot be made: \(error)") }
  }

  private func make(_ known: DrillReporter.Known, _ reader: StateReader) throws -> SignedReport {
    let facts = DetachedSignature.facts(ofCertificate: identity.certificatePEM)
    let reporter = DrillReporter(
      store: store, vantage: reloads.current.settings.vantage, fingerprint: facts?.fingerprint ?? "")
    let report = try reporter.report(known, reader: reader, now: time.now)
    return try SignedReport(report, certificatePEM: identity.certificatePEM) { [identity] in
      try identity.sign($0, .sha256)
    }
  }

  private static func stored(_ drill: Drill, _ reader: StateReader) throws -> StoredReport? {
    guard !drill.isRunning else { return nil }
    var found: StoredReport?
    try reader.scan(.drillReports, from: drill.id) { key, value in
      if key == drill.id { found = StoredReport(value) }
      return false
    }
    return found
  }
}
