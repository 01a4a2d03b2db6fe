internal import Model
internal import RowCoding

/// One alert as the desk keeps it, from its first firing until all who were told of it were told its end.
struct AlertRecord {
  /// The newest news of it.
  var event: AlertEvent
  let source: PagedAlert.Source
  var generatorURL = ""
  var updatedAt: Timestamp
  /// Of a posted alert: when it is over unless it is posted again.
  var expiresAt: Timestamp?
  /// Whether its poster posts it again while it fires, as Prometheus does.
  var isRefreshed = false
  var acknowledgement: Acknowledgement?
  /// Keys of the groups that it is in.
  var groups: [String] = []
  /// Topics of an alarm's own, told without routes; whether its newest news has been told to them, and whether it was
  /// told that it fires.
  var direct: Direct?

  struct Direct: Codable, Equatable {
    var toldFiring = false
    var isDue = false
  }

  // What holds it back; found anew after a restart.
  var silencedBy: [String] = []
  /// Identities.
  var inhibitedBy: [String] = []
  var maintenance: [String] = []
  /// Not told as firing before this moment, because an alert that would inhibit it may be on its way.
  var quietUntil: MonotonicInstant?

  init(event: AlertEvent, source: PagedAlert.Source, updatedAt: Timestamp) {
    self.event = event
    self.source = source
    self.updatedAt = updatedAt
  }

  var isFiring: Bool { event.status == .firing }
  var isHeldBack: Bool { !silencedBy.isEmpty || !inhibitedBy.isEmpty || !maintenance.isEmpty }

  /// Whether `other` is news of the same episode.
  func isSameEpisode(as other: AlertEvent) -> Bool {
    event.startsAt == other.startsAt && event.episode == other.episode
  }
}

/// What the database keeps of an ``AlertRecord``, under the alert's identity.
struct AlertRecordRow: Codable {
  static let currentVersion = 1

  var version = currentVersion
  var event: AlertEvent
  var source: PagedAlert.Source
  var generatorURL: String
  var updatedAt: Timestamp
  var expiresAt: Timestamp?
  var isRefreshed: Bool
  var acknowledgement: Acknowledgement?
  var direct: AlertRecord.Direct?

  init(_ record: AlertRecord) {
    event = record.event
    source = record.source
    generatorURL = record.generatorURL
    updatedAt = record.updatedAt
    expiresAt = record.expiresAt
    isRefreshed = record.isRefreshed
    acknowledgement = record.acknowledgement
    direct = record.direct
  }

  var record: AlertRecord {
    var record = AlertRecord(event: event, source: source, updatedAt: updatedAt)
    record.generatorURL = generatorURL
    record.expiresAt = expiresAt
    record.isRefreshed = isRefreshed
    record.acknowledgement = acknowledgement
    record.direct = direct
    return record
  }

  /// nil when it cannot be encoded.
  func saved() -> StateChange? {
    (try? RowCoding.encode(self)).map { StateChange(.paged, event.identity, $0) }
  }
}
