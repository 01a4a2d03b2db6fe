import FarwatchTesting
import Foundation

/// What a daemon has made durable, read beside it from a copy of its database.
struct StoredState {
  struct Event: Hashable {
    var identity: String
    var startsAtMilliseconds: Int64
    var region: String?
    var messageID: String?
  }

  /// Pages that are not yet known to be taken.
  var outbox: [Event] = []
  /// Alerts that fire.
  var firing: [Event] = []

  /// Reads the database below `directory`. Of a daemon that runs, a copy may be torn: that throws.
  static func read(_ directory: TemporaryDirectory) async throws -> StoredState {
    let copy = try TemporaryDirectory("farwatch-copy")
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.file("state"))
      .filter { $0.hasPrefix("state.sqlite") && !$0.hasSuffix("-shm") }
    for file in files {
      try FileManager.default.copyItem(atPath: directory.file("state/\(file)"), toPath: copy.file(file))
    }
    var state = StoredState()
    for row in try await rows("outbox", copy.file("state.sqlite")) {
      let notification = row["notification"] as? [String: Any]
      // Routed one by one: each page tells of one alert.
      guard let alerts = notification?["alerts"] as? [[String: Any]], alerts.count == 1,
        let event = alerts.first, let identity = event["identity"] as? String,
        let starts = milliseconds(event["startsAt"]), let message = row["messageID"] as? String
      else { throw BenchError("an outbox row of another shape: \(row)") }
      state.outbox.append(
        Event(identity: identity, startsAtMilliseconds: starts, region: region(event), messageID: message))
    }
    for row in try await rows("alerts", copy.file("state.sqlite")) where row["state"] as? String == "firing" {
      guard let key = row["key"] as? String, let starts = milliseconds(row["activeAt"]) else {
        throw BenchError("an alert row of another shape: \(row)")
      }
      state.firing.append(
        Event(identity: key, startsAtMilliseconds: starts, region: region(row), messageID: nil))
    }
    return state
  }

  private static func region(_ row: [String: Any]) -> String? {
    (row["labels"] as? [String: String])?["region"]
  }

  private static func milliseconds(_ value: Any?) -> Int64? {
    if let number = value as? NSNumber { return number.int64Value }
    return ((value as? [String: Any])?["milliseconds"] as? NSNumber)?.int64Value
  }

  /// The values of a table, each with its `key`.
  private static func rows(_ table: String, _ database: String) async throws -> [[String: Any]] {
    let output = try await ChildProcess.run(
      ["sqlite3", "-json", database, "SELECT key, value FROM \(table)"])
    if output.isEmpty { return [] }
    guard let rows = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: String]] else {
      throw BenchError("sqlite3 said \(output)")
    }
    return try rows.map { row in
      let value = Data((row["value"] ?? "").utf8)
      guard var fields = try JSONSerialization.jsonObject(with: value) as? [String: Any] else {
        throw BenchError("a value that is no object in \(table): \(row)")
      }
      fields["key"] = row["key"]
      return fields
    }
  }
}

extension WebhookReceiver.Page {
  /// When the episode began, as the database counts it.
  var startsAtMilliseconds: Int64? {
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    guard let date = try? format.parse(startsAt) else { return nil }
    return Int64((date.timeIntervalSince1970 * 1000).rounded())
  }
}
