internal import Model
internal import Paging

extension AlertmanagerAPI {
  func silences(_ request: APIRequest) -> APIResponse {
    let filters: [LabelMatcher]
    switch AlertQuery.matchers(request) {
    case .success(let matchers): filters = matchers
    case .failure(let fault): return .failure(400, fault.message)
    }
    let creators = request.values("creator").filter { !$0.isEmpty }
    guard let snapshot = paging.snapshot() else { return .busy }
    let now = now()
    // A filter asks for silences that have that very matcher, not for those that would match it.
    let found = snapshot.silences.filter { silence in
      filters.allSatisfy { silence.matchers.contains($0) }
        && (creators.isEmpty || creators.contains(silence.createdBy))
    }.sorted { AlertJSON.silenceOrder($0, $1, now: now) }
    return .json(200, .array(found.map { AlertJSON.document(of: $0, now: now) }))
  }

  func silence(_ request: APIRequest, id: String) -> APIResponse {
    if let refusal = request.allowing(["GET", "DELETE"]) { return refusal }
    guard Self.isUUID(id) else {
      return .fault(422, 601, "silenceID in path must be of type uuid: \(quoted(id))")
    }
    if request.method == "DELETE" {
      do throws(PagingRefusal) {
        try paging.expireSilence(id: id.lowercased())
        return .empty
      } catch { return .refusal(error) }
    }
    guard let snapshot = paging.snapshot() else { return .busy }
    guard let silence = snapshot.silences.first(where: { $0.id == id.lowercased() }) else {
      return APIResponse(status: 404)
    }
    return .json(200, AlertJSON.document(of: silence, now: now()))
  }

  func setSilence(_ request: APIRequest) -> APIResponse {
    if let refusal = request.refusingOtherMediaTypes { return refusal }
    guard !request.body.isEmpty else { return .fault(422, 602, "silence in body is required") }
    let wanted: SilenceDraft
    switch SilenceReader.read(request.body) {
    case .success(let read): wanted = read
    case .failure(let fault): return fault.answer
    }
    if let fault = wanted.fault(now: now()) { return .failure(400, fault) }
    do throws(PagingRefusal) {
      let id = try paging.setSilence(wanted)
      return .json(200, .object([.init("silenceID", .string(id))]))
    } catch { return .refusal(error) }
  }

  private static func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return false }
    return bytes.enumerated().allSatisfy { place, byte in
      [8, 13, 18, 23].contains(place)
        ? byte == UInt8(ascii: "-") : Character(Unicode.Scalar(byte)).isHexDigit
    }
  }
}

extension SilenceDraft {
  /// Why no silence can be made of it, in Alertmanager's words; nil when one can.
  func fault(now: Timestamp) -> String? {
    if let startsAt, startsAt >= endsAt {
      return "Failed to create silence: start time must be before end time"
    }
    if endsAt < now { return "Failed to create silence: end time can't be in the past" }
    // It would silence everything, also what nobody has thought of.
    if LabelMatcher.takeEverything(matchers) {
      return "silence invalid: at least one matcher must not match the empty string"
    }
    return nil
  }
}

/// Reads a posted silence.
private struct SilenceReader {
  struct Fault: Error {
    let answer: APIResponse

    static func required(_ name: String) -> Fault {
      Fault(answer: .fault(422, 602, "\(name) in body is required"))
    }
  }

  /// Matchers, and annotations, of one silence.
  private static let most = 128

  private var id: String?
  private var comment: String?
  private var createdBy: String?
  private var endsAt: String?
  private var startsAt: String?
  private var matchers: [MatcherFields]?
  private var annotations: [String: String] = [:]
  private var isTooLong = false

  private init() {}

  static func read(_ body: [UInt8]) -> Result<SilenceDraft, Fault> {
    var reader = SilenceReader()
    var cursor = JSONCursor(body)
    do throws(JSONCursor.Fault) {
      try cursor.object { (name, cursor) throws(JSONCursor.Fault) in try reader.member(name, &cursor) }
      try cursor.end()
    } catch {
      return .failure(Fault(answer: .fault(400, 400, "parsing silence body failed, because \(error)")))
    }
    do throws(Fault) { return .success(try reader.request()) } catch { return .failure(error) }
  }

  private mutating func member(_ name: String, _ cursor: inout JSONCursor) throws(JSONCursor.Fault) {
    if cursor.takeNull() { return }
    switch name {
    case "id": id = try cursor.string()
    case "comment": comment = try cursor.string()
    case "createdBy": createdBy = try cursor.string()
    case "startsAt": startsAt = try cursor.string()
    case "endsAt": endsAt = try cursor.string()
    case "matchers":
      var list: [MatcherFields] = []
      var isLong = false
      try cursor.array { (_, cursor) throws(JSONCursor.Fault) in
        let fields = try MatcherFields(&cursor)
        if list.count < Self.most { list.append(fields) } else { isLong = true }
      }
      isTooLong = isTooLong || isLong
      matchers = list
    case "annotations":
      var pairs: [String: String] = [:]
      var isLong = false
      try cursor.object { (name, cursor) throws(JSONCursor.Fault) in
        let value = try cursor.string()
        if pairs.count < Self.most { pairs[name] = value } else { isLong = true }
      }
      isTooLong = isTooLong || isLong
      annotations = pairs
    default: try cursor.skip()
    }
  }

  private func request() throws(Fault) -> SilenceDraft {
    guard let comment else { throw .required("comment") }
    guard let createdBy else { throw .required("createdBy") }
    let end = try Self.time(endsAt, "endsAt")
    guard let matchers else { throw .required("matchers") }
    guard !matchers.isEmpty else {
      throw Fault(answer: .fault(422, 612, "matchers in body should have at least 1 items"))
    }
    if isTooLong {
      throw Fault(
        answer: .fault(422, 611, "matchers and annotations in body should have at most \(Self.most) items"))
    }
    let start = try Self.time(startsAt, "startsAt")
    var read: [LabelMatcher] = []
    for (place, fields) in matchers.enumerated() { read.append(try fields.matcher(place)) }
    return SilenceDraft(
      id: id ?? "", matchers: read, startsAt: start, endsAt: end, createdBy: createdBy, comment: comment,
      annotations: annotations)
  }

  private static func time(_ text: String?, _ name: String) throws(Fault) -> Timestamp {
    guard let text else { throw .required(name) }
    guard let time = DateTimeText.parse(text) else {
      let message = "\(name) in body must be of type date-time: \(quoted(String(text.prefix(64))))"
      throw Fault(answer: .fault(422, 601, message))
    }
    return time
  }
}

/// The members of one matcher of a posted silence.
private struct MatcherFields {
  var name: String?
  var value: String?
  var isRegex: Bool?
  var isEqual = true

  init(_ cursor: inout JSONCursor) throws(JSONCursor.Fault) {
    var fields = (name: String?.none, value: String?.none, isRegex: Bool?.none, isEqual: true)
    try cursor.object { (member, cursor) throws(JSONCursor.Fault) in
      if cursor.takeNull() { return }
      switch member {
      case "name": fields.name = try cursor.string()
      case "value": fields.value = try cursor.string()
      case "isRegex": fields.isRegex = try cursor.bool()
      case "isEqual": fields.isEqual = try cursor.bool()
      default: try cursor.skip()
      }
    }
    (name, value, isRegex, isEqual) = fields
  }

  func matcher(_ place: Int) throws(SilenceReader.Fault) -> LabelMatcher {
    guard let isRegex else { throw .required("matchers.\(place).isRegex") }
    guard let name else { throw .required("matchers.\(place).name") }
    guard let value else { throw .required("matchers.\(place).value") }
    func invalid(_ why: String) -> SilenceReader.Fault {
      .init(answer: .failure(400, "silence invalid: invalid label matcher \(place): \(why)"))
    }
    if name.isEmpty { throw invalid("invalid label name \"\"") }
    let kind: LabelMatcher.Kind =
      switch (isEqual, isRegex) {
      case (true, false): .equal
      case (false, false): .notEqual
      case (true, true): .regex
      case (false, true): .notRegex
      }
    switch FilterText.make(name: name, kind: kind, value: value) {
    case .success(let matcher): return matcher
    case .failure(let fault): throw invalid(fault.message)
    }
  }
}
