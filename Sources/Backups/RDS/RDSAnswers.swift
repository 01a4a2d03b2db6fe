internal import CloudAccess
package import Model
internal import XMLDocuments

/// One snapshot of a database, as RDS tells it.
package struct RDSSnapshot: Hashable, Sendable {
  package var id: String
  package var status: String
  /// When what it holds was taken: a copy keeps the time of what it was copied from. nil while it is not known.
  package var taken: Timestamp?
  /// Size of the database's storage, of which the snapshot holds what was used; nil where RDS does not say.
  package var allocated: UInt64?
  package var isEncrypted: Bool

  package init(
    id: String, status: String, taken: Timestamp?, allocated: UInt64? = nil, isEncrypted: Bool = true
  ) {
    self.id = id
    self.status = status
    self.taken = taken
    self.allocated = allocated
    self.isEncrypted = isEncrypted
  }
}

/// How far point-in-time recovery of a database reaches.
package struct RDSRestoreWindow: Hashable, Sendable {
  package var earliest: Timestamp?
  package var latest: Timestamp?
  package var retentionDays: Int?

  package init(earliest: Timestamp? = nil, latest: Timestamp? = nil, retentionDays: Int? = nil) {
    self.earliest = earliest
    self.latest = latest
    self.retentionDays = retentionDays
  }
}

/// One page of one of RDS' answers.
struct RDSPage: Sendable {
  var entries: [XMLElement]
  var marker: String?

  /// - Parameters:
  ///   - list: the element with the entries, as `DBSnapshots`.
  init(_ body: [UInt8], _ action: String, list: String) throws(AWSFailure) {
    let root: XMLElement
    do throws(XMLFailure) {
      root = try XMLDocument.read(body)
    } catch {
      throw AWSFailure(.protocolError, "\(action): the answer cannot be read: \(error)")
    }
    guard let result = root["\(action)Result"] else {
      throw AWSFailure(.protocolError, "\(action): the answer has no result: is this RDS?")
    }
    entries = result[list]?.children ?? []
    marker = result.text("Marker").flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension RDSSnapshot {
  init(_ entry: XMLElement) {
    func time(_ name: String) -> Timestamp? { entry.text(name).flatMap { Timestamp(rfc3339: $0) } }
    let id = entry.text("DBSnapshotIdentifier") ?? entry.text("DBClusterSnapshotIdentifier") ?? ""
    let gibibytes = entry.text("AllocatedStorage").flatMap { UInt64($0) } ?? 0
    self.init(
      id: id, status: entry.text("Status") ?? "",
      taken: time("OriginalSnapshotCreateTime") ?? time("SnapshotCreateTime"),
      // Aurora's storage has no allocated size: it says 0 or 1.
      // No database has a pebibyte.
      allocated: (2...(1 << 20)).contains(gibibytes) ? gibibytes << 30 : nil,
      isEncrypted: (entry.text("Encrypted") ?? entry.text("StorageEncrypted")) == "true")
  }
}

extension RDSRestoreWindow {
  init(_ entry: XMLElement) {
    func time(_ name: String) -> Timestamp? {
      (entry.text(name) ?? entry["RestoreWindow"]?.text(name)).flatMap { Timestamp(rfc3339: $0) }
    }
    self.init(
      earliest: time("EarliestRestorableTime") ?? time("EarliestTime"),
      latest: time("LatestRestorableTime") ?? time("LatestTime"),
      retentionDays: entry.text("BackupRetentionPeriod").flatMap { Int($0) })
  }
}
