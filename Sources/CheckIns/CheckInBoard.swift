package import Collecting
package import Model
internal import RowCoding
internal import Synchronization

/// Where jobs' visits are noted by the server's threads and read by collectors.
package final class CheckInBoard: Sendable {
  private struct State {
    /// By id; only ids that somebody waits for are known.
    var records: [String: CheckInRecord] = [:]
    var expected: [String: Timestamp] = [:]
    /// Which job a ping key and slug mean.
    var slugs: [(slug: CheckInSlug, id: String)] = []
    /// Rows of the last process, until it is known what is waited for; nil: not readable.
    var restored: [String: CheckInRecord?] = [:]
    var unknownVisits: UInt64 = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// Takes up what was durable. A row that cannot be read is a job that was never heard of.
  package func restore(_ rows: [(key: String, value: [UInt8])]) {
    state.withLock { state in
      for row in rows {
        state.restored[row.key] = .some(try? RowCoding.decode(CheckInRecord.self, row.value))
      }
    }
  }

  /// Makes `ids` what is waited for; what is known of those that stay is kept. Returns the rows of those that are gone.
  ///
  /// - Parameter slugs: other names by which some of them are visited.
  package func expect(
    _ ids: [String], slugs: [(slug: CheckInSlug, id: String)] = [], at now: Timestamp
  ) -> [StateChange] {
    state.withLock { state in
      var records: [String: CheckInRecord] = [:]
      var expected: [String: Timestamp] = [:]
      for id in ids {
        records[id] = state.records[id] ?? (state.restored[id] ?? nil) ?? CheckInRecord()
        expected[id] = state.expected[id] ?? now
      }
      let gone = Set(state.records.keys).union(state.restored.keys).subtracting(ids)
      (state.records, state.expected, state.restored) = (records, expected, [:])
      state.slugs = slugs
      return gone.sorted().map { StateChange(.checkIns, $0, nil) }
    }
  }

  /// What became of a visit.
  package enum Answer: Hashable, Sendable {
    case noted
    /// Nobody waits for this id, or there is no such key or slug: a visitor is not told which.
    case unknown
    /// Several jobs have this slug under the same key.
    case ambiguous
  }

  /// Notes a visit.
  ///
  /// - Parameter hand: takes what must outlive the process. Called before the next visit is taken, so that rows of one
  ///   job are handed on in the order of its visits; it must not wait.
  package func take(_ visit: CheckInVisit, at now: Timestamp, _ hand: (StateChange) -> Void) -> Answer {
    state.withLock { state in
      let meant = Self.jobs(visit.address, state.slugs)
      guard meant.count <= 1 else { return .ambiguous }
      guard let id = meant.first, var record = state.records[id] else {
        state.unknownVisits &+= 1
        return .unknown
      }
      record.take(visit.signal, run: visit.run, at: now)
      state.records[id] = record
      if let row = try? RowCoding.encode(record) { hand(StateChange(.checkIns, id, row)) }
      return .noted
    }
  }

  /// Every slug is looked at, so that how long it takes tells nothing of keys.
  private static func jobs(
    _ address: CheckInVisit.Address, _ slugs: [(slug: CheckInSlug, id: String)]
  ) -> [String] {
    switch address {
    case .id(let id): [id]
    case .slug(let key, let slug):
      slugs.filter { known in
        let isKey = known.slug.hasKey(key)
        return known.slug.slug == slug && isKey
      }.map(\.id)
    }
  }

  package func record(of id: String) -> (record: CheckInRecord, expectedSince: Timestamp)? {
    state.withLock { state in
      guard let record = state.records[id], let since = state.expected[id] else { return nil }
      return (record, since)
    }
  }

  /// Visits under ids that nobody waits for.
  package var unknownVisits: UInt64 { state.withLock { $0.unknownVisits } }
}

extension CollectorClients {
  package var checkIns: CheckInBoard {
    // Making one cannot fail.
    get throws { try shared(CheckInBoard.self) { CheckInBoard() } }
  }
}
