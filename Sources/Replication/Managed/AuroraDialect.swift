internal import Model
internal import PostgresClient

/// `aurora_global_db_status()` and `aurora_global_db_instance_status()`, asked of every region that can be reached;
/// of several answers about a region the one whose lags were calculated last counts.
///
/// Complete up to: the time of calculation less the greater of the two lags. −1, or a calculation of 1970, is how the
/// primary says that it is the primary, and never a lag.
struct AuroraDialect: ManagedDialect {
  /// Aurora calculates every second or so: what is older than this is no sign of life.
  private static let freshness = Duration.seconds(60)
  private static let regionLimit = 64

  private struct Row {
    var durability: Double?
    var rpo: Double?
    var calculated: Timestamp?
    var isPrimary: Bool
    var teller: String
    var askedAt: Timestamp
  }

  func questions(_ node: ManagedLinkSettings.Node, isSource: Bool) -> [String] {
    [
      """
      SELECT aws_region, durability_lag_in_msec, rpo_lag_in_msec,
        extract(epoch FROM last_lag_calculation_time) AS calculated FROM aurora_global_db_status()
      """,
      """
      SELECT aws_region, max(visibility_lag_in_msec) AS visibility_lag
      FROM aurora_global_db_instance_status() GROUP BY aws_region
      """,
    ]
  }

  func evidence(
    _ answers: [String: Result<ManagedAnswer, PostgresError>], _ settings: ManagedLinkSettings
  ) -> [String: ManagedEvidence] {
    var rows: [String: [Row]] = [:]
    var visibility: [String: Double] = [:]
    var problems: [String: PostgresError] = [:]
    for node in settings.nodes {
      guard let answer = answers[node.region] else { continue }
      do throws(PostgresError) {
        let seen = try answer.get()
        for (name, row) in try Self.rows(seen, node.region) { rows[name, default: []].append(row) }
        let instances = try seen.rows(1)
        for row in 0..<min(instances.count, Self.regionLimit) {
          guard let name = instances[row: row, column: "aws_region"],
            let lag = Self.seconds(instances[row: row, column: "visibility_lag"])
          else { continue }
          visibility[name] = max(visibility[name] ?? 0, lag)
        }
      } catch {
        problems[node.region] = Self.explained(error)
      }
    }
    var found: [String: ManagedEvidence] = [:]
    for node in settings.nodes {
      let isSource = node.region == settings.source.region
      var evidence = Self.judge(rows[node.foreignName] ?? [], node, isSource: isSource)
      if let lag = visibility[node.foreignName], !isSource {
        evidence.readings.append(Reading(ManagedLinkMetrics.visibilityLag, lag))
      }
      // What another region tells is taken all the same.
      if let own = problems[node.region] { evidence.problem = own }
      found[node.region] = evidence
    }
    return found
  }

  /// Aurora calls itself PostgreSQL: only its functions tell it apart.
  private static func explained(_ error: PostgresError) -> PostgresError {
    guard error.sqlState == "42883", error.message.contains("aurora_global_db_status") else { return error }
    return PostgresError(
      .wrongCluster, sqlState: error.sqlState,
      "is no Aurora PostgreSQL that knows global databases: \(error.message)")
  }

  private static func judge(
    _ rows: [Row], _ node: ManagedLinkSettings.Node, isSource: Bool
  ) -> ManagedEvidence {
    var evidence = ManagedEvidence()
    evidence.isPrimary = rows.contains { $0.isPrimary && $0.teller == node.region }
    let told = rows.filter { !$0.isPrimary }
    guard !rows.isEmpty else {
      evidence.problem = PostgresError(.missing, "no region tells of \(node.foreignName)")
      return evidence
    }
    if isSource {
      evidence.isReplicating = rows.contains(where: \.isPrimary)
      if !evidence.isReplicating {
        evidence.problem = PostgresError(.status, "\(node.foreignName) is a secondary, expected the primary")
      }
      return evidence
    }
    if evidence.isPrimary || told.isEmpty {
      evidence.problem = PostgresError(.status, "\(node.foreignName) is the primary, expected a secondary")
      return evidence
    }
    let complete = told.filter { $0.calculated != nil && $0.durability != nil && $0.rpo != nil }
    guard let row = complete.max(by: { ($0.calculated ?? $0.askedAt) < ($1.calculated ?? $1.askedAt) }),
      let calculated = row.calculated, let durability = row.durability, let rpo = row.rpo
    else {
      evidence.problem = PostgresError(.protocolError, "the lag of \(node.foreignName) is not told")
      return evidence
    }
    let lag = Duration.milliseconds(Int64(max(durability, rpo) * 1000))
    evidence.point = min(calculated, row.askedAt) - lag
    evidence.isReplicating = row.askedAt - calculated < freshness
    if !evidence.isReplicating {
      evidence.problem = PostgresError(.status, "the lag of \(node.foreignName) is no longer calculated")
    }
    evidence.readings = [
      Reading(ManagedLinkMetrics.durabilityLag, durability), Reading(ManagedLinkMetrics.rpoLag, rpo),
      Reading(ManagedLinkMetrics.calculated, calculated.seconds),
    ]
    return evidence
  }

  private static func rows(
    _ answer: ManagedAnswer, _ teller: String
  ) throws(PostgresError) -> [(name: String, row: Row)] {
    let rows = try answer.rows(0)
    return (0..<min(rows.count, regionLimit)).compactMap { row in
      guard let name = rows[row: row, column: "aws_region"] else { return nil }
      let durability = rows[row: row, column: "durability_lag_in_msec"]
      let rpo = rows[row: row, column: "rpo_lag_in_msec"]
      let calculated = rows[row: row, column: "calculated"].flatMap(Double.init)
      let isPrimary = [durability, rpo].contains { $0.flatMap(Double.init) == -1 } || calculated == 0
      let time = PostgresQueries.timestamp(rows[row: row, column: "calculated"])
      let corrected = time.map { $0 - (answer.clockError ?? .zero) }
      return (
        name,
        Row(
          durability: seconds(durability), rpo: seconds(rpo), calculated: corrected, isPrimary: isPrimary,
          teller: teller, askedAt: answer.askedAt)
      )
    }
  }

  /// Of milliseconds as text; nil for what is no lag: NULL, −1, more than ten years.
  private static func seconds(_ text: String?) -> Double? {
    guard let milliseconds = text.flatMap(Double.init), milliseconds >= 0, milliseconds < 3.2e11 else {
      return nil
    }
    return milliseconds / 1000
  }
}
