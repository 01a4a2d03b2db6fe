internal import FoundationEssentials
internal import Journal
internal import Model
internal import Notifying

/// Holds a report against its signature and its journal. Needs nothing but the report.
package struct ReportVerification: Sendable {
  /// What was found.
  package struct Finding: Hashable, Sendable {
    /// Whether it holds; nil: it could not be checked, and says why.
    package var holds: Bool?
    package var what: String
  }

  package var findings: [Finding] = []
  /// Of the drill; nil where the report cannot be read that far.
  package private(set) var drill: String?
  /// SHA-256 of the certificate; nil as above.
  package private(set) var fingerprint: String?

  /// Whether all that was looked at holds.
  package var holds: Bool { !findings.isEmpty && findings.allSatisfy { $0.holds != false } }

  /// - Parameter expected: the fingerprint that the certificate must have, in hexadecimal digits; nil: any will do.
  package init(_ bytes: [UInt8], fingerprint expected: String? = nil) {
    if bytes.starts(with: SignedReport.jsonStart.utf8) {
      checkJSON(bytes, expected)
    } else {
      checkText(bytes, expected)
    }
  }

  private mutating func find(_ holds: Bool?, _ what: String) {
    findings.append(Finding(holds: holds, what: what))
  }

  // MARK: JSON

  private struct Document: Decodable {
    struct Report: Decodable {
      struct Drill: Decodable { var id: String }
      struct Journal: Decodable {
        var headBefore: String?
        var headAfter: String?
        var complete: Bool
        var rows: [String]
      }
      var drill: Drill
      var certificateSHA256: String
      var journal: Journal
    }
    var report: Report
    var signature: SignatureMember
  }

  /// The certificate, where the report is what was signed.
  @discardableResult
  private mutating func checkJSON(_ bytes: [UInt8], _ expected: String?) -> String? {
    guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else {
      find(false, "this is no whole JSON report: it was changed, or cut off")
      return nil
    }
    let signature = document.signature
    drill = document.report.drill.id
    let end = Array(
      SignedReport.jsonEnd(
        certificate: signature.certificate, digest: signature.sha256, value: signature.value
      ).utf8)
    let start = SignedReport.jsonStart.utf8.count
    guard signature.algorithm == DetachedSignature.algorithm, bytes.count >= start + end.count,
      bytes.suffix(end.count).elementsEqual(end)
    else {
      find(false, "the signature is not written as it was: something was changed or added")
      return nil
    }
    let body = Array(bytes[start..<(bytes.count - end.count)])
    guard checkCertificate(signature.certificate, document.report.certificateSHA256, expected) else {
      return nil
    }
    let digest = DetachedSignature.digest(body)
    let isDigest = digest.utf8.elementsEqual(signature.sha256.utf8)
    let isSigned = DetachedSignature.isValid(
      signature.value, of: body, certificatePEM: signature.certificate)
    find(
      isDigest && isSigned,
      isDigest && isSigned
        ? "signature of the JSON report (\(DetachedSignature.algorithm), sha256 \(digest))"
        : "the JSON report is not what was signed")
    checkJournal(document.report.journal)
    return isSigned ? signature.certificate : nil
  }

  private mutating func checkCertificate(_ pem: String, _ named: String, _ expected: String?) -> Bool {
    guard let facts = DetachedSignature.facts(ofCertificate: pem) else {
      find(false, "the certificate cannot be read")
      return false
    }
    fingerprint = facts.fingerprint
    let isNamed = facts.fingerprint.utf8.elementsEqual(named.utf8)
    let span = "\(facts.notBefore.iso8601) to \(facts.notAfter.iso8601)"
    find(
      isNamed,
      isNamed
        ? "certificate \(facts.fingerprint) (\(facts.subject), \(span)) is the one that the report names"
        : "the certificate is another one than the report names")
    if let expected {
      let digits = expected.lowercased().filter { $0 != ":" && $0 != " " }
      let isExpected = digits == facts.fingerprint
      find(
        isExpected,
        isExpected
          ? "certificate has the fingerprint that was asked for" : "certificate is another one than \(digits)"
      )
    }
    return isNamed
  }

  private mutating func checkJournal(_ journal: Document.Report.Journal) {
    guard !journal.rows.isEmpty else {
      return find(nil, "journal: the report has no entries; they were no longer kept when it was made")
    }
    switch JournalStretch.read(journal.rows.map { Array($0.utf8) }) {
    case .failure(let fault): find(false, "journal: the chain does not hold: \(fault)")
    case .success(let stretch):
      let isEnded = journal.headBefore == stretch.previous && journal.headAfter == stretch.hash
      let count = stretch.entries.count
      let first = stretch.entries[0].record.sequence
      find(
        isEnded,
        isEnded
          ? "journal: \(count) entries, \(first) to \(first + count - 1), are a chain that ends with \(stretch.hash)"
          : "journal: its ends are not those that the report names")
      if !journal.complete { find(nil, "journal: there were more entries than a report holds") }
    }
  }

  // MARK: Text

  private mutating func checkText(_ bytes: [UInt8], _ expected: String?) {
    guard let text = String(validating: bytes, as: UTF8.self),
      let trailer = Self.last(SignedReport.trailerStart, in: bytes),
      let start = Self.last(SignedReport.evidenceStart, in: Array(bytes[..<trailer])),
      text.utf8.count == bytes.count
    else { return find(false, "this is no whole report of a drill: it was changed, or cut off") }
    let whole = Array(bytes[..<trailer])
    let lines = String(decoding: bytes[(trailer + SignedReport.trailerStart.utf8.count)...], as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 4, let digest = Self.value(lines[0], "sha256"),
      let value = Self.value(lines[1], DetachedSignature.algorithm),
      SignedReport.trailer(digest: digest, value: value).utf8.elementsEqual(bytes[trailer...])
    else { return find(false, "the signature is not written as it was: something was changed or added") }
    let encoded = whole[(start + SignedReport.evidenceStart.utf8.count)...].dropLast(
      SignedReport.evidenceEnd.utf8.count)
    guard let json = Data(base64Encoded: Data(encoded), options: .ignoreUnknownCharacters),
      json.starts(with: SignedReport.jsonStart.utf8)
    else { return find(false, "the JSON report inside cannot be read") }
    guard let certificate = checkJSON(Array(json), expected) else { return }
    let isDigest = DetachedSignature.digest(whole).utf8.elementsEqual(digest.utf8)
    let isSigned = DetachedSignature.isValid(value, of: whole, certificatePEM: certificate)
    find(
      isDigest && isSigned,
      isDigest && isSigned
        ? "signature of the whole text (\(DetachedSignature.algorithm), sha256 \(digest))"
        : "the text is not what was signed")
  }

  private static func value(_ line: Substring, _ name: String) -> String? {
    guard line.utf8.starts(with: (name + " ").utf8) else { return nil }
    return String(line.dropFirst(name.count + 1))
  }

  /// Where `mark` stands last.
  private static func last(_ mark: String, in bytes: [UInt8]) -> Int? {
    let mark = Array(mark.utf8)
    guard bytes.count >= mark.count else { return nil }
    return (0...(bytes.count - mark.count)).reversed().first { place in
      bytes[place] == mark[0] && bytes[place..<(place + mark.count)].elementsEqual(mark)
    }
  }
}
