internal import Model
internal import Paging

/// What a posted batch of alerts holds: the good ones, and what is wrong with the others.
struct PostedAlertsReader {
  /// Labels, and annotations, of one alert.
  static let mostLabels = 256
  /// Complaints that the answer quotes; the rest is counted.
  private static let mostComplaints = 20

  private struct Complaint {
    /// nil: the alert could be read but makes no sense, which Alertmanager answers in another shape.
    var fault: (status: Int, code: Int)?
    var message: String
  }

  private(set) var alerts: [PostedAlert] = []
  /// Why the body is no JSON list; then nothing of it is taken, as its end is unknown.
  private(set) var unreadable: String?
  private var complaints: [Complaint] = []
  private var complaintCount = 0

  private init() {}

  static func read(_ body: [UInt8]) -> PostedAlertsReader {
    var reader = PostedAlertsReader()
    var cursor = JSONCursor(body)
    do throws(JSONCursor.Fault) {
      if !cursor.takeNull() {
        try cursor.array { (index, cursor) throws(JSONCursor.Fault) in try reader.readAlert(index, &cursor) }
      }
      try cursor.end()
    } catch {
      reader.alerts = []
      reader.unreadable = "\(error)"
    }
    return reader
  }

  /// The answer that says what is wrong; nil when nothing is.
  var complaint: APIResponse? {
    guard !complaints.isEmpty else { return nil }
    var messages = complaints.map(\.message)
    if complaintCount > messages.count { messages.append("and \(complaintCount - messages.count) more") }
    let text = messages.joined(separator: "; ")
    if let fault = complaints.lazy.compactMap(\.fault).first { return .fault(fault.status, fault.code, text) }
    return .failure(400, text)
  }

  private mutating func complain(_ message: String, _ fault: (status: Int, code: Int)? = nil) {
    complaintCount += 1
    if complaints.count < Self.mostComplaints { complaints.append(Complaint(fault: fault, message: message)) }
  }

  private mutating func readAlert(_ index: Int, _ cursor: inout JSONCursor) throws(JSONCursor.Fault) {
    guard try cursor.kind() == .object else {
      try cursor.skip()
      return complain("\(index) in body must be an object", (422, 601))
    }
    var fields = AlertFields()
    try cursor.object { (name, cursor) throws(JSONCursor.Fault) in
      try fields.read(name, &cursor, prefix: "\(index).")
    }
    if let wrong = fields.wrong { return complain(wrong, (400, 400)) }
    guard let labels = fields.labels else {
      return complain("\(index).labels in body is required", (422, 602))
    }
    if let start = fields.startsAt, let end = fields.endsAt, end < start {
      return complain("start time must be before end time")
    }
    if labels.isEmpty { return complain("at least one label pair required") }
    let annotations = fields.annotations ?? []
    if labels.contains(where: \.name.isEmpty) { return complain("invalid label set: invalid name \"\"") }
    if annotations.contains(where: \.name.isEmpty) {
      return complain("invalid annotations: invalid name \"\"")
    }
    alerts.append(
      PostedAlert(
        labels: Labels(labels), annotations: Labels(annotations), startsAt: fields.startsAt,
        endsAt: fields.endsAt, generatorURL: fields.generatorURL))
  }
}

/// The members of one alert.
private struct AlertFields {
  /// Without those whose value is empty: to Prometheus they are not there.
  var labels: [Label]?
  var annotations: [Label]?
  var startsAt: Timestamp?
  var endsAt: Timestamp?
  var generatorURL = ""
  /// The first member that cannot be used.
  var wrong: String?

  mutating func read(
    _ name: String, _ cursor: inout JSONCursor, prefix: String
  ) throws(JSONCursor.Fault) {
    switch name {
    case "labels": labels = try pairs(&cursor, prefix + name)
    case "annotations": annotations = try pairs(&cursor, prefix + name)
    case "startsAt": startsAt = try time(&cursor, prefix + name)
    case "endsAt": endsAt = try time(&cursor, prefix + name)
    case "generatorURL": generatorURL = try text(&cursor, prefix + name) ?? ""
    default: try cursor.skip()
    }
  }

  private mutating func note(_ message: String) { wrong = wrong ?? message }

  private mutating func text(_ cursor: inout JSONCursor, _ name: String) throws(JSONCursor.Fault) -> String? {
    if cursor.takeNull() { return nil }
    guard try cursor.kind() == .string else {
      note("\(name) in body must be of type string: \"\(try cursor.kind().rawValue)\"")
      try cursor.skip()
      return nil
    }
    return try cursor.string()
  }

  private mutating func time(
    _ cursor: inout JSONCursor, _ name: String
  ) throws(JSONCursor.Fault) -> Timestamp? {
    guard let text = try text(&cursor, name), !text.isEmpty else { return nil }
    guard let time = DateTimeText.parse(text) else {
      note("\(name) in body must be of type date-time: \(quoted(String(text.prefix(64))))")
      return nil
    }
    return time == DateTimeText.unset ? nil : time
  }

  private mutating func pairs(
    _ cursor: inout JSONCursor, _ name: String
  ) throws(JSONCursor.Fault) -> [Label]? {
    if cursor.takeNull() { return nil }
    guard try cursor.kind() == .object else {
      note("\(name) in body must be of type object: \"\(try cursor.kind().rawValue)\"")
      try cursor.skip()
      return nil
    }
    var pairs: [Label] = []
    var count = 0
    var fields = self
    try cursor.object { (member, cursor) throws(JSONCursor.Fault) in
      let value = try fields.text(&cursor, "\(name).\(member.prefix(64))") ?? ""
      count += 1
      if count <= PostedAlertsReader.mostLabels, !value.isEmpty { pairs.append(Label(member, value)) }
    }
    self = fields
    if count > PostedAlertsReader.mostLabels {
      note("\(name) in body should have at most \(PostedAlertsReader.mostLabels) members")
    }
    return pairs
  }
}
