package import CloudAccess
internal import Collecting
package import Model
internal import Synchronization
internal import XMLDocuments

/// Asks RDS for a database's snapshots, all pages, or for the time to which it can be restored.
package final class RDSBackupCollector: Collector {
  package let description: CollectorDescription
  private let settings: RDSBackupSettings
  private let requester: AWSRequester
  private let time: any TimeSource
  private let state: Mutex<RDSBackupState>
  private static let pageLimit = 200

  package init(
    _ settings: RDSBackupSettings, identities: AWSIdentities, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.time = time
    description = settings.description
    requester = identities.requester(settings.identity)
    state = Mutex(RDSBackupState(settings))
  }

  /// What is asked, and where in the answer the entries are.
  private struct Question: Sendable {
    var action: String
    var list: String
    var fields: [(String, String)]
  }

  private var question: Question {
    switch (settings.measure, settings.subject) {
    case (.snapshots(let type), .instance(let name)):
      Question(
        action: "DescribeDBSnapshots", list: "DBSnapshots",
        fields: [("DBInstanceIdentifier", name)] + Self.type(type))
    case (.snapshots(let type), .cluster(let name)):
      Question(
        action: "DescribeDBClusterSnapshots", list: "DBClusterSnapshots",
        fields: [("DBClusterIdentifier", name)] + Self.type(type))
    case (.pointInTime(replicated: true), let subject):
      Question(
        action: "DescribeDBInstanceAutomatedBackups", list: "DBInstanceAutomatedBackups",
        fields: [("DBInstanceIdentifier", subject.name)])
    case (.pointInTime, .instance(let name)):
      Question(
        action: "DescribeDBInstances", list: "DBInstances", fields: [("DBInstanceIdentifier", name)])
    case (.pointInTime, .cluster(let name)):
      Question(action: "DescribeDBClusters", list: "DBClusters", fields: [("DBClusterIdentifier", name)])
    }
  }

  private static func type(_ type: String?) -> [(String, String)] {
    type.map { [("SnapshotType", $0)] } ?? []
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    ask(question, entries: [], marker: nil, pages: 0, deadline: began + settings.basics.timeout) {
      [self] answer in
      let now = time.now
      let pass = state.withLock { state in Self.read(answer, settings, &state, now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: time.monotonic - began, verdict: pass.verdict,
          readings: pass.readings))
    }
  }

  private static func read(
    _ answer: Result<[XMLElement], AWSFailure>, _ settings: RDSBackupSettings, _ state: inout RDSBackupState,
    _ now: Timestamp
  ) -> RDSBackupState.Pass {
    switch answer {
    case .failure(let failure):
      return state.unseen(failure.reason, "\(settings.subject.name) in \(settings.awsRegion): \(failure)")
    case .success(let entries):
      if case .snapshots = settings.measure {
        return state.observe(entries.map { RDSSnapshot($0) }, at: now)
      }
      // Retained backups of a deleted instance of the same name have a window of their own: the newest counts.
      let windows = entries.map { RDSRestoreWindow($0) }
      let start = Timestamp(milliseconds: .min)
      guard let newest = windows.max(by: { ($0.latest ?? start) < ($1.latest ?? start) }) else {
        return state.unseen(
          .missing, "\(settings.subject.name) in \(settings.awsRegion): RDS knows no such database or backup")
      }
      return state.observe(newest, at: now)
    }
  }

  private func ask(
    _ question: Question, entries: [XMLElement], marker: String?, pages: Int, deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<[XMLElement], AWSFailure>) -> Void
  ) {
    let more = marker.map { [("Marker", $0)] } ?? []
    var call = AWSCall(
      service: "rds", region: settings.awsRegion,
      endpoint: AWSEndpoint.url(service: "rds", region: settings.awsRegion, template: settings.endpoint),
      action: question.action, form: .query(version: "2014-10-31", fields: question.fields + more))
    call.caFile = settings.caFile
    requester.send(call, timeout: deadline - time.monotonic) { [self] answer in
      do throws(AWSFailure) {
        let page = try RDSPage(try answer.get().body, question.action, list: question.list)
        let all = entries + page.entries
        guard let next = page.marker else { return completion(.success(all)) }
        guard next != marker, pages < Self.pageLimit else {
          throw AWSFailure(.protocolError, "\(question.action): the pages do not end")
        }
        ask(question, entries: all, marker: next, pages: pages + 1, deadline: deadline, completion)
      } catch {
        var failure = error
        if failure.reason == .permission {
          failure.message = "allow rds:\(question.action) (\(failure.message))"
        }
        completion(.failure(failure))
      }
    }
  }
}
