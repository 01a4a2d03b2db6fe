internal import CCurl
internal import Model

/// The chains of connections that are kept: libcurl tells of certificates only when a connection is made.
///
/// A connection is named by its two ends. Its entry outlives it a little and is overwritten when the same ends meet
/// again, so a wrong answer is not possible: a new connection always tells its own chain.
struct CertificateMemory {
  struct Connection: Hashable {
    var localPort: Int
    var address: String
    var port: Int
  }

  private let lifetime: Duration
  private var entries: [Connection: (chain: CertificateChain, since: MonotonicInstant)] = [:]
  private var sweepAt = 256

  /// - Parameter lifetime: after which no connection is used again.
  init(lifetime: Duration) { self.lifetime = lifetime }

  func chain(of connection: Connection) -> CertificateChain? { entries[connection]?.chain }

  mutating func remember(_ chain: CertificateChain, of connection: Connection, now: MonotonicInstant) {
    entries[connection] = (chain, now)
    guard entries.count > sweepAt else { return }
    entries = entries.filter { now - $0.value.since <= lifetime }
    sweepAt = max(256, entries.count * 2)
  }
}

extension CertificateChain {
  /// nil when libcurl has none.
  init?(_ info: curl_certinfo, verified: Bool) {
    guard info.num_of_certs > 0, let lists = info.certinfo else { return nil }
    var certificates: [Certificate] = []
    for index in 0..<Int(info.num_of_certs) {
      var certificate = Certificate(subject: "", issuer: "", notBefore: nil, notAfter: nil)
      var item = lists[index]
      while let entry = item {
        item = entry.pointee.next
        guard let data = entry.pointee.data else { continue }
        certificate.take(String(cString: data))
      }
      certificates.append(certificate)
    }
    self.init(certificates: certificates, verified: verified)
  }
}

extension CertificateChain.Certificate {
  /// One line of libcurl's description, `Name:value`.
  fileprivate mutating func take(_ line: String) {
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = String(line[line.index(after: colon)...])
    switch line[..<colon] {
    case "Subject": subject = value
    case "Issuer": issuer = value
    case "Start date": notBefore = Timestamp(certificateDate: value)
    case "Expire date": notAfter = Timestamp(certificateDate: value)
    default: break
    }
  }
}

extension Timestamp {
  /// `Nov 21 09:55:53 2026 GMT`, as OpenSSL prints it; the day may be padded with a space.
  init?(certificateDate text: String) {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = text.split(separator: " ")
    guard words.count == 5, words[4] == "GMT", let month = months.firstIndex(of: String(words[0])),
      let day = Int(words[1]), let year = Int(words[3]), (1...31).contains(day), (0...9999).contains(year)
    else { return nil }
    let clock = words[2].split(separator: ":").compactMap { Int($0.prefix { $0 != "." }) }
    guard clock.count == 3 else { return nil }
    self.init(year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: clock[2])
  }
}
