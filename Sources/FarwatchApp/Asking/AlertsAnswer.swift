internal import FoundationEssentials

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
  /// Maintenance windows among ``Status/mutedBy``; nil: none.
  var maintenanceWindows: [String]?

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
