internal import DurableIO
internal import Journal
internal import Logging
internal import Model
internal import Notifying
internal import StateDatabase

/// What the last process left: the rows that the stages are restored from.
struct StoredRows: Sendable {
  var alerts: [(key: String, value: [UInt8])] = []
  var alarms: [(key: String, value: [UInt8])] = []
  var checks: [(key: String, value: [UInt8])] = []
  /// Its first rows and the newest.
  var journal: [(key: String, value: [UInt8])] = []
  /// Of jobs that check in.
  var checkIns: [(key: String, value: [UInt8])] = []
  /// Of failovers.
  var readiness: [(key: String, value: [UInt8])] = []
  /// Of drills and their calendar.
  var drills: [(key: String, value: [UInt8])] = []
  /// Of heartbeats and receivers.
  var proofs: [(key: String, value: [UInt8])] = []
  var paging: [(table: StateChange.Table, key: String, value: [UInt8])] = []
  var notifying: [(table: StateChange.Table, key: String, value: [UInt8])] = []
}

/// Everything that outlives the process, taken for this one.
struct StateDirectory {
  let lock: LockFile
  let database: StateDatabase
  let identity: SigningIdentity
  let acknowledgeLink: AcknowledgeLink
  let rows: StoredRows

  init(_ path: String, _ logger: Logger) throws(StartFailure) {
    do {
      try makeDirectory(path, mode: 0o700)
      lock = try LockFile(path: "\(path)/lock")
    } catch { throw StartFailure("state directory \(path): \(error)") }
    do {
      let (database, findings) = try StateDatabase.open(path: "\(path)/state.sqlite")
      self.database = database
      for finding in findings {
        if finding.isLoss {
          logger.error("state database damaged", metadata: ["finding": "\(finding)"])
        } else {
          logger.notice("state database", metadata: ["finding": "\(finding)"])
        }
      }
      rows = StoredRows(
        alerts: try database.load(.alerts), alarms: try database.load(.alarms),
        checks: try database.load(.checks),
        journal: try database.load(.journal, from: nil, limit: 2)
          + database.load(.journal, from: nil, limit: JournalBook.newestLimit, newestFirst: true),
        checkIns: try database.load(.checkIns), readiness: try database.load(.readiness),
        drills: try database.load(.drills),
        proofs: try database.load(.proofs),
        paging: try [StateChange.Table.paged, .groups, .silences].flatMap { table in
          try database.load(table).map { (table, $0.key, $0.value) }
        },
        notifying: try database.load(.outbox).map { (.outbox, $0.key, $0.value) }
          + database.load(.subscriptions).map { (.subscriptions, $0.key, $0.value) })
    } catch {
      lock.release()
      throw StartFailure("\(error)")
    }
    do {
      identity = try Self.signingIdentity(in: path)
    } catch {
      database.close()
      lock.release()
      throw StartFailure([
        "the signing key cannot be used: \(error)",
        "  it is kept in \(path)/signing-key.pem and signing-certificates.pem: restore both from a backup, or move "
          + "them away to have new ones made (receivers then see a new certificate)",
      ])
    }
    do throws(StartFailure) {
      acknowledgeLink = try AcknowledgeLink.loadOrCreate(in: path)
    } catch {
      database.close()
      lock.release()
      throw error
    }
  }

  /// The key that pages are signed with: made at the first start and kept, so that receivers go on trusting it.
  private static func signingIdentity(in directory: String) throws -> SigningIdentity {
    let keyFile = "\(directory)/signing-key.pem"
    let certificateFile = "\(directory)/signing-certificates.pem"
    func text(_ path: String) throws -> String {
      String(decoding: try readFile(path, limit: 64 << 10), as: UTF8.self)
    }
    return try SigningIdentity.loadOrCreate(commonName: "Farwatch", now: SystemTime().now) {
      do {
        return SigningIdentity.Files(keyPEM: try text(keyFile), certificatesPEM: try text(certificateFile))
      } catch let failure as IOFailure where failure.isMissingFile {
        return nil
      }
    } store: { files in
      // The key last: without it the next start begins anew, with it both are there.
      try AtomicFile.replace(certificateFile, with: Array(files.certificatesPEM.utf8), mode: 0o644)
      try AtomicFile.replace(keyFile, with: Array(files.keyPEM.utf8), mode: 0o600)
    }
  }
}
