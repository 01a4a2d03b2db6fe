/// What a mail server has said so far, reply by reply (RFC 5321, 4.2).
struct SMTPConversation: Equatable {
  private(set) var codes: [Int] = []
  /// The text of the last reply, on one line.
  private(set) var reply = ""
  private var isInside = false
  /// More replies than any conversation of ours has; what comes later is only kept as the last one.
  private static let limit = 1000
  private static let textLimit = 300

  var status: Int? { codes.last }
  /// 4yz or 5yz.
  var isRefusal: Bool { status.map { (400..<600).contains($0) } ?? false }

  /// One line, with or without its end.
  mutating func hear(_ line: some Collection<UInt8>) {
    let digits = line.prefix(3)
    guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return }
    let code = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    // The goodbye says nothing of the mail.
    if code == 221 { return }
    let rest = line.dropFirst(3)
    if !isInside { reply = "" }
    let text = String(decoding: rest.dropFirst().filter { $0 >= 0x20 && $0 != 0x7f }, as: UTF8.self)
    if reply.isEmpty { reply = "\(code)" }
    if reply.utf8.count < Self.textLimit, !text.isEmpty { reply += " \(text.prefix(Self.textLimit))" }
    isInside = rest.first == UInt8(ascii: "-")
    guard !isInside else { return }
    if codes.count < Self.limit { codes.append(code) } else { codes[codes.count - 1] = code }
  }

  /// Which of `count` recipients the last reply refuses; nil when it answers something else.
  ///
  /// The commands are always the same: (greeting) EHLO, STARTTLS and EHLO again, AUTH, MAIL, then each recipient.
  func refusedRecipient(of count: Int, startTLS: Bool) -> Int? {
    guard isRefusal else { return nil }
    let mail: Int
    if let authenticated = codes.firstIndex(of: 235) {
      mail = authenticated + 1
    } else {
      // A server that does not know EHLO is greeted once more with HELO.
      mail = (startTLS ? 4 : 2) + (codes.count > 1 && codes[1] >= 500 ? 1 : 0)
    }
    let place = codes.count - 1 - mail - 1
    return (0..<count).contains(place) ? place : nil
  }
}
