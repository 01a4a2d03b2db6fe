package import Model
package import PostgresClient

/// What one database answered, as it came.
package struct ManagedAnswer: Sendable {
  package var askedAt: Timestamp
  package var answeredAt: Timestamp
  /// How far the server's clock is ahead of Farwatch's; nil where it did not tell.
  package var clockError: Duration?
  /// What the server calls itself; nil where it did not tell.
  package var product: String?
  /// Of the questions behind the one for the clock.
  package var results: [Result<PostgresRows, PostgresError>]

  package init(
    askedAt: Timestamp, answeredAt: Timestamp, clockError: Duration?, product: String? = nil,
    results: [Result<PostgresRows, PostgresError>]
  ) {
    self.askedAt = askedAt
    self.answeredAt = answeredAt
    self.clockError = clockError
    self.product = product
    self.results = results
  }

  package static let clockQuestion =
    "SELECT extract(epoch FROM clock_timestamp()) AS clock, version() AS product"

  package init(_ reply: PostgresReply) throws(PostgresError) {
    guard let first = reply.results.first else { throw PostgresError(.protocolError, "half an answer") }
    let rows = try first.get()
    let clock = PostgresQueries.timestamp(rows[row: 0, column: "clock"])
    let middle = reply.sentAt + (reply.receivedAt - reply.sentAt) / 2
    self.init(
      askedAt: reply.sentAt, answeredAt: reply.receivedAt, clockError: clock.map { $0 - middle },
      product: rows[row: 0, column: "product"], results: Array(reply.results.dropFirst()))
  }

  func rows(_ index: Int) throws(PostgresError) -> PostgresRows {
    guard results.indices.contains(index) else { throw PostgresError(.protocolError, "half an answer") }
    return try results[index].get()
  }

  /// Throws where the server is none of this database: its answers, or its refusals, would be misread.
  ///
  /// - mark: what `version()` holds where it is one.
  func mustBe(_ name: String, mark: String) throws(PostgresError) {
    guard let product, !product.contains(mark) else { return }
    let shown = product.prefix(60).prefix { $0 != "," }
    throw PostgresError(.wrongCluster, "is no \(name) but \(shown): the DSN leads to another database")
  }
}

/// What the answers of one pass say of one region.
package struct ManagedEvidence: Sendable {
  /// In Farwatch's time; the target is complete up to it.
  package var point: Timestamp?
  /// ``point`` is where the target stands, and no bound that a later answer may loosen.
  package var isStanding = false
  package var isReplicating = false
  /// It takes writes, as it says itself.
  package var isPrimary = false
  package var problem: PostgresError?
  /// Beyond the families of all links; labels of the pair are added.
  package var readings: [Reading] = []

  package init() {}
}

/// What a database is asked, and what it means. Pure.
protocol ManagedDialect: Sendable {
  /// Behind the question for the clock.
  func questions(_ node: ManagedLinkSettings.Node, isSource: Bool) -> [String]
  /// - Parameter answers: by region; a region that is not in it was not asked.
  func evidence(
    _ answers: [String: Result<ManagedAnswer, PostgresError>], _ settings: ManagedLinkSettings
  ) -> [String: ManagedEvidence]
}

extension ManagedLinkSettings {
  var dialect: any ManagedDialect {
    switch engine {
    case .aurora: AuroraDialect()
    case .cockroachdb: CockroachDialect()
    case .yugabytedb(let heartbeat): YugabyteDialect(heartbeat: heartbeat)
    }
  }
}
