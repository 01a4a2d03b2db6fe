internal import Model

/// A mail as RFC 5322 and MIME write it: plain text and HTML of the same words, nothing but ASCII on the wire.
///
/// Whatever the words hold, they cannot end a header or the mail: control characters become spaces in headers, and
/// bodies are quoted-printable.
struct MailMessage {
  var from: String
  var fromName: String?
  var to: [String]
  var subject: String
  var date: Timestamp
  /// Without the angle brackets, as ``thread``.
  var messageID: String
  var thread: String
  var headers: [(name: String, value: String)]
  var text: String

  /// A mail server may refuse longer ones; nobody reads them.
  static let textLimit = 256 * 1024

  var bytes: [UInt8] {
    // Derived from the mail's own name, so that a repeated mail is the same to the byte.
    let boundary = "=_farwatch_\(messageID.prefix { $0 != "@" })"
    let text = Self.bounded(text)
    var lines = [
      "Date: \(Self.dateText(date))", "From: \(sender)", "To: \(Self.list(to))",
      "Subject: \(EncodedWord.text(subject, after: 9))", "Message-ID: <\(messageID)>",
      "In-Reply-To: <\(thread)>", "References: <\(thread)>", "Auto-Submitted: auto-generated",
      "X-Auto-Response-Suppress: All", "MIME-Version: 1.0",
    ]
    lines += headers.map { "\($0.name): \(EncodedWord.text($0.value, after: $0.name.utf8.count + 2))" }
    lines += ["Content-Type: multipart/alternative;", " boundary=\"\(boundary)\"", ""]
    for (type, body) in [("plain", text), ("html", Self.html(text))] {
      lines += [
        "--\(boundary)", "Content-Type: text/\(type); charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable", "",
      ]
      lines += QuotedPrintable.lines(body)
    }
    lines += ["--\(boundary)--", ""]
    return Array(lines.joined(separator: "\r\n").utf8)
  }

  private var sender: String {
    guard let fromName, !fromName.isEmpty else { return from }
    return "\(EncodedWord.phrase(fromName)) <\(from)>"
  }

  /// One address a line: a line may not be longer than 998 characters.
  private static func list(_ addresses: [String]) -> String { addresses.joined(separator: ",\r\n ") }

  /// What stands behind the last `@`.
  static func domain(of address: String) -> String {
    address.lastIndex(of: "@").map { String(address[address.index(after: $0)...]) } ?? "farwatch.invalid"
  }

  /// `Thu, 01 Jan 2026 00:05:00 +0000`.
  static func dateText(_ time: Timestamp) -> String {
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    // 2026-01-01T00:05:00.000Z
    let parts = time.iso8601.split { "-T:.Z".contains($0) }
    guard parts.count >= 6, let month = Int(parts[1]), (1...12).contains(month) else { return time.iso8601 }
    var day = (time.milliseconds / 86_400_000) % 7
    if day < 0 { day += 7 }
    return "\(days[Int(day)]), \(parts[2]) \(months[month - 1]) \(parts[0]) "
      + "\(parts[3]):\(parts[4]):\(parts[5]) +0000"
  }

  private static func bounded(_ text: String) -> String {
    guard text.utf8.count > textLimit else { return text }
    return String(decoding: text.utf8.prefix(textLimit), as: UTF8.self) + "\n[cut]"
  }

  /// The same words; addresses of the web become links.
  private static func html(_ text: String) -> String {
    var out = "<!DOCTYPE html>\n<html><body>\n<div style=\"font-family:sans-serif;white-space:pre-wrap\">"
    for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if place > 0 { out += "\n" }
      for (place, word) in line.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
        if place > 0 { out += " " }
        let escaped = escapedMarkup(String(word))
        let isLink = word.hasPrefix("https://") || word.hasPrefix("http://")
        out += isLink ? "<a href=\"\(escaped)\">\(escaped)</a>" : escaped
      }
    }
    return out + "</div>\n</body></html>\n"
  }
}
