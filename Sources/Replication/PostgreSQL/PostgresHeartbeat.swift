package import Model
package import PostgresClient

/// The table through which heartbeats travel from a source to its targets: one row for each source, named by link and
/// region. Writers and links agree on its shape here.
///
///     CREATE TABLE farwatch_heartbeat (
///       link text, region text,
///       beat_at timestamptz NOT NULL,    -- the source's clock when the writing transaction began
///       writer_at timestamptz NOT NULL,  -- the writer's clock before it asked for that
///       PRIMARY KEY (link, region)) WITH (fillfactor = 10);
package struct PostgresHeartbeat: Hashable, Sendable {
  package var table: PostgresTable
  package var link: String
  /// Of the source.
  package var region: String

  package init(table: PostgresTable, link: String, region: String) {
    self.table = table
    self.link = link
    self.region = region
  }

  /// Times as they came; a target that holds the row holds all that the source had committed before either.
  package struct Beat: Sendable, Equatable {
    package var beatAt: Timestamp
    package var writerAt: Timestamp

    package init(beatAt: Timestamp, writerAt: Timestamp) {
      self.beatAt = beatAt
      self.writerAt = writerAt
    }

    /// In the reader's time, on the safe side of both clocks.
    /// - sourceClockError: how far the source's clock is ahead of the reader's.
    package func corrected(sourceClockError: Duration, askedAt: Timestamp) -> Timestamp {
      min(beatAt - sourceClockError, writerAt, askedAt)
    }
  }

  private var key: String { "link = \(postgresLiteral(link)) AND region = \(postgresLiteral(region))" }

  /// Rows are replaced in place, for which most of a page is kept free.
  package var creation: String {
    """
    CREATE TABLE IF NOT EXISTS \(table.quoted) (link text, region text, beat_at timestamptz NOT NULL,
      writer_at timestamptz NOT NULL, PRIMARY KEY (link, region)) WITH (fillfactor = 10)
    """
  }

  package func upsert(writerAt: Timestamp) -> String {
    """
    INSERT INTO \(table.quoted) AS h (link, region, beat_at, writer_at)
    VALUES (\(postgresLiteral(link)), \(postgresLiteral(region)), now(), \(Self.time(writerAt)))
    ON CONFLICT (link, region) DO UPDATE SET beat_at = excluded.beat_at, writer_at = excluded.writer_at
    RETURNING extract(epoch FROM h.beat_at) AS beat_at
    """
  }

  /// Removes rows of others that nobody renews; at most a hundred at a time.
  package func cleanup(olderThan age: Duration) -> String {
    """
    DELETE FROM \(table.quoted) WHERE (link, region) IN (SELECT link, region FROM \(table.quoted)
      WHERE beat_at < now() - interval '\(max(1, age.milliseconds / 1000)) seconds' AND NOT (\(key)) LIMIT 100)
    """
  }

  package var question: String {
    """
    SELECT extract(epoch FROM beat_at) AS beat_at, extract(epoch FROM writer_at) AS writer_at
    FROM \(table.quoted) WHERE \(key)
    """
  }

  package func read(_ rows: PostgresRows) throws(PostgresError) -> Beat {
    guard rows.count > 0 else {
      throw PostgresError(.missing, "\(table) has no row of link \(link) and region \(region)")
    }
    guard let beatAt = PostgresQueries.timestamp(rows[row: 0, column: "beat_at"]),
      let writerAt = PostgresQueries.timestamp(rows[row: 0, column: "writer_at"])
    else { throw PostgresError(.protocolError, "\(table) holds no time of this century") }
    return Beat(beatAt: beatAt, writerAt: writerAt)
  }

  /// Milliseconds since the epoch as a constant of the server's type.
  private static func time(_ moment: Timestamp) -> String { "to_timestamp(\(moment.milliseconds) / 1000.0)" }
}
