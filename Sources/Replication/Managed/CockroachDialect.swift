internal import Model
internal import PostgresClient

/// `SHOW VIRTUAL CLUSTER … WITH REPLICATION STATUS`, asked of the standby's system interface; the source is asked
/// whether it answers, and for its clock.
///
/// Complete up to: `replicated_time`, which is a time of the source. Columns differ between versions, so they are
/// looked for by name; before version 24.1 the status stands in `data_state`.
struct CockroachDialect: ManagedDialect {
  func questions(_ node: ManagedLinkSettings.Node, isSource: Bool) -> [String] {
    isSource ? [] : [Self.statement(node.foreignName)]
  }

  static func statement(_ virtualCluster: String) -> String {
    let quoted = virtualCluster.replacing("\"", with: "\"\"").replacing("\0", with: "")
    return "SHOW VIRTUAL CLUSTER \"\(quoted)\" WITH REPLICATION STATUS"
  }

  func evidence(
    _ answers: [String: Result<ManagedAnswer, PostgresError>], _ settings: ManagedLinkSettings
  ) -> [String: ManagedEvidence] {
    var found: [String: ManagedEvidence] = [:]
    var source = ManagedEvidence()
    var clockError = Duration.zero
    do throws(PostgresError) {
      let answer = try answers[settings.source.region]?.get()
      try answer?.mustBe("CockroachDB", mark: "CockroachDB")
      clockError = answer?.clockError ?? .zero
      source.isReplicating = answers[settings.source.region] != nil
    } catch { source.problem = error }
    found[settings.source.region] = source
    for node in settings.targets {
      var evidence = ManagedEvidence()
      do throws(PostgresError) {
        guard let answer = try answers[node.region]?.get() else { throw PostgresError(.timeout, "no answer") }
        try answer.mustBe("CockroachDB", mark: "CockroachDB")
        try Self.judge(answer, node, clockError, &evidence)
      } catch { evidence.problem = error }
      found[node.region] = evidence
    }
    return found
  }

  private static func judge(
    _ answer: ManagedAnswer, _ node: ManagedLinkSettings.Node, _ clockError: Duration,
    _ evidence: inout ManagedEvidence
  ) throws(PostgresError) {
    let rows = try answer.rows(0)
    guard let row = (0..<rows.count).first(where: { rows[row: $0, column: "name"] == node.foreignName })
    else {
      throw PostgresError(.missing, "there is no virtual cluster \(node.foreignName)")
    }
    let replicated = PostgresTimeText.timestamp(rows[row: row, column: "replicated_time"])
    evidence.point = replicated.map { min($0 - clockError, answer.askedAt) }
    evidence.isStanding = true
    let status = rows[row: row, column: "status"] ?? rows[row: row, column: "data_state"] ?? ""
    guard status == "replicating" else {
      // A URI in it may hold a password.
      let shown = status.contains("://") ? "an error" : String(status.prefix(80))
      throw PostgresError(.status, "virtual cluster \(node.foreignName) is not replicating: \(shown)")
    }
    guard replicated != nil else {
      throw PostgresError(.protocolError, "virtual cluster \(node.foreignName) tells no replicated_time")
    }
    evidence.isReplicating = true
  }
}

/// Times as PostgreSQL prints them in ISO style: `2026-11-21 19:19:32.5+00`.
enum PostgresTimeText {
  /// nil for anything else, and for what is not of this century.
  static func timestamp(_ text: String?) -> Timestamp? {
    guard let text, text.utf8.count <= 40, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    var iso = text.replacing(" ", with: "T", maxReplacements: 1)
    // Offsets are as short as they can be.
    if let sign = iso.lastIndex(where: { $0 == "+" || $0 == "-" }), iso[sign...].count == 3 { iso += ":00" }
    guard let time = Timestamp(rfc3339: iso) else { return nil }
    return time.seconds > 946_684_800 && time.seconds < 4_102_444_800 ? time : nil
  }
}
