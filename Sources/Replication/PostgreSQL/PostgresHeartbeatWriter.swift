package import Collecting
package import Model
package import PostgresClient
internal import Synchronization

/// A writer of heartbeats on one source.
package struct PostgresHeartbeatSettings: CollectorSettings {
  package var basics: MeasurementBasics
  package var dsn: DSNSource
  package var heartbeat: PostgresHeartbeat
  /// Whether a missing table is made.
  package var create = false
  /// Rows of others that were not renewed for so long are removed; nil: never.
  package var keep: Duration?

  package init(basics: MeasurementBasics, dsn: DSNSource, heartbeat: PostgresHeartbeat) {
    self.basics = basics
    self.dsn = dsn
    self.heartbeat = heartbeat
  }

  package static var families: [MetricFamily] { HeartbeatFamilies.writer }

  package var description: CollectorDescription {
    basics.description(
      kind: "postgres_heartbeat",
      labels: ["link": heartbeat.link, "source_region": heartbeat.region, "engine": "postgres"])
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    PostgresHeartbeatWriter(self, client: try clients.postgres, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal {
    PostgresHeartbeatRehearsal(basics)
  }
}

/// Renews the heartbeat of one source, never on a standby.
package final class PostgresHeartbeatWriter: Collector {
  /// Old rows are looked for this often.
  private static let cleanupEvery = Duration.seconds(3600)

  package let description: CollectorDescription

  private let settings: PostgresHeartbeatSettings
  private let client: PostgresClient
  private let time: any TimeSource
  private let session: PostgresSession
  private struct Memory {
    var written: Timestamp?
    var nextCleanup: MonotonicInstant?
  }
  /// Whether no heartbeat was written, and what went wrong.
  private typealias End = @Sendable (_ isLost: Bool, PostgresError?) -> Void
  /// Passes never overlap.
  private let memory = Mutex(Memory())

  package init(
    _ settings: PostgresHeartbeatSettings, client: PostgresClient, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.client = client
    self.time = time
    session = PostgresSession(settings.dsn, access: .readWrite)
    description = settings.description
  }

  deinit { client.close(session) }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, start) = (time.now, time.monotonic)
    let end: End = { isLost, error in
      var readings = [Reading(HeartbeatFamilies.up, !isLost)]
      if let written = self.memory.withLock({ $0.written }) {
        readings.append(Reading(HeartbeatFamilies.written, written.seconds))
      }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: self.time.now, took: self.time.monotonic - start,
          verdict: error.map { .failure($0.reason, detail: $0.description) } ?? .success, readings: readings))
    }
    let question = "SELECT pg_is_in_recovery() AS in_recovery"
    client.run(session, timeout: description.timeout, queries: { _ in [question] }) { result in
      do throws(PostgresError) {
        guard let first = try result.get().results.first, let answer = try first.get().rows.first?.first
        else {
          throw PostgresError(.protocolError, "the server did not say whether it is in recovery")
        }
        guard answer == "f" else {
          throw PostgresError(.status, "is a standby: heartbeats are written on a primary only")
        }
        self.write(since: start, end)
      } catch {
        end(true, error)
      }
    }
  }

  private func write(since start: MonotonicInstant, _ end: @escaping End) {
    // Before the statement leaves: what was committed by now comes before it in the log.
    let moment = time.now
    let left = max(description.timeout - (time.monotonic - start), .milliseconds(1))
    client.write(
      session, timeout: left, [settings.heartbeat.upsert(writerAt: moment)],
      creating: settings.create ? settings.heartbeat.creation : nil, time: time
    ) { result in
      do throws(PostgresError) {
        _ = try result.get()
        self.memory.withLock { $0.written = moment }
        self.clean(since: start, end)
      } catch {
        end(true, error)
      }
    }
  }

  /// What goes wrong here is told as often as it is tried: at every pass until it works.
  private func clean(since start: MonotonicInstant, _ end: @escaping End) {
    let isDue = memory.withLock { $0.nextCleanup.map { start >= $0 } ?? true }
    guard isDue, let keep = settings.keep else { return end(false, nil) }
    let left = max(description.timeout - (time.monotonic - start), .milliseconds(1))
    client.write(
      session, timeout: left, [settings.heartbeat.cleanup(olderThan: keep)], creating: nil, time: time
    ) { result in
      guard case .failure(let error) = result else {
        self.memory.withLock { $0.nextCleanup = start + Self.cleanupEvery }
        return end(false, nil)
      }
      end(false, PostgresError(error.reason, sqlState: error.sqlState, "removing old rows: \(error.message)"))
    }
  }
}

/// A writer whose source takes every heartbeat for as long as its region answers.
package struct PostgresHeartbeatRehearsal: Rehearsal {
  private let basics: MeasurementBasics
  private var written: Timestamp?

  package init(_ basics: MeasurementBasics) { self.basics = basics }

  package mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let isLost = loss.isTarget || loss.regions.contains(basics.region)
    if !isLost { written = moment }
    let took: Duration = isLost ? basics.timeout : .milliseconds(20)
    var readings = [Reading(HeartbeatFamilies.up, !isLost)]
    if let written { readings.append(Reading(HeartbeatFamilies.written, written.seconds)) }
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took,
      verdict: isLost ? .failure(.timeout, detail: "no answer") : .success, readings: readings)
  }
}
