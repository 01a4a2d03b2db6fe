internal import FoundationEssentials
internal import Model

/// An alert as `/api/farwatch/alerts` gives it.
struct ListedAlert: Decodable {
  struct Status: Decodable {
    var state: String
    var silencedBy: [String]
    var inhibitedBy: [String]
    var mutedBy: [String]
  }
  struct Receiver: Decodable { var name: String }
  struct Acknowledgement: Decodable {
    var by: String
    var comment: String
    var at: String
  }

  var fingerprint: String
  var labels: [String: String]
  var annotations: [String: String]
  var startsAt: String
  var status: Status
  var receivers: [Receiver]
  var acknowledgement: Acknowledgement?
  struct Telling: Decodable {
    var topic: String
    var state: String
    var words: String
    var at: String?
  }
  /// How far the news got; nil: an older Farwatch does not say.
  var tellings: [Telling]?
  /// Maintenance windows among ``Status/mutedBy``; nil: none.
  var maintenanceWindows: [String]?

  /// Who was told and who was not, for each topic; the topics that its routes lead to where nothing has left yet.
  func told(at now: Timestamp) -> String {
    guard let tellings, !tellings.isEmpty else {
      return receivers.isEmpty
        ? "nobody is told" : "to be told: " + receivers.map(\.name).joined(separator: ",")
    }
    return tellings.map { telling in
      telling.words + (telling.at.map { " \(RunningFarwatch.age($0, now)) ago" } ?? "")
    }.joined(separator: ", ")
  }

  private var maintenance: [String] { maintenanceWindows ?? [] }

  /// `active`, or why nobody is paged: all reasons.
  var standing: String {
    var words: [String] = []
    if !status.silencedBy.isEmpty { words.append("silenced") }
    if !status.inhibitedBy.isEmpty { words.append("inhibited") }
    if !maintenance.isEmpty { words.append("maintenance: \(maintenance.joined(separator: ","))") }
    let times = status.mutedBy.filter { !maintenance.contains($0) }
    if !times.isEmpty { words.append("muted: \(times.joined(separator: ","))") }
    if let acknowledgement { words.append("ack by \(acknowledgement.by)") }
    return words.isEmpty ? status.state : words.joined(separator: ", ")
  }
}

struct ListedSilence: Decodable {
  struct Matcher: Decodable {
    var name: String
    var value: String
    var isRegex: Bool
    var isEqual: Bool?
  }
  struct Status: Decodable { var state: String }

  var id: String
  var matchers: [Matcher]
  var startsAt: String
  var endsAt: String
  var createdBy: String
  var comment: String
  var status: Status
}
