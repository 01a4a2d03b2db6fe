import Drills
import FarwatchTesting
import Foundation
import Journal
import Model
import Notifying
import Readiness
import Testing

@testable import DrillReports

let noon = Timestamp(year: 2026, month: 1, day: 31, hour: 12)

/// A report of a drill in which everything happened that one tells of, signed by a key of its own.
struct Evidence {
  static let identity: SigningIdentity = {
    do { return try SigningIdentity.generate(commonName: "Farwatch", now: noon) } catch {
      preconditionFailure("\(error)")
    }
  }()

  let report: DrillReport
  let signed: SignedReport

  init(
    text: String = "a <b>note</b> | with `marks`", rows change: ([String]) -> [String] = { $0 },
    outcome: Drill.Outcome = .passed
  ) throws {
    let workload = Workload(
      name: "shop", regions: ["taiwan", "japan"],
      objectives: .init(recoveryPoint: .seconds(5), recoveryTime: .seconds(60)))
    var settings = DrillSettings()
    settings.plans = [
      DrillPlan(
        workload: "shop",
        phases: [
          DrillPhase(name: "decided", within: .seconds(60)),
          DrillPhase(name: "serving", within: .seconds(90)),
        ])
    ]
    var book = DrillBook(settings, [workload])
    let request = DrillRequest(workload: "shop", region: "taiwan", kind: .full, by: "mei", comment: "autumn")
    let drill = try book.start(request, journalHead: 7, at: noon).drill
    _ = try book.phase("decided", of: nil, by: "mei", at: noon + .seconds(30))
    _ = try book.note(text, of: nil, by: "lin", at: noon + .seconds(40))
    let ended = try book.stop(nil, outcome: outcome, by: "mei", comment: "", at: noon + .seconds(600)).drill
    var failover = Failover(
      workload: workload, from: "taiwan", startedAt: noon + .seconds(10), hadRole: true, hadTraffic: true)
    failover.to = "japan"
    failover.drill = drill.id
    failover.times[.paged] = noon + .seconds(11)
    failover.times[.serving] = noon + .seconds(75)
    failover.recoveryPoint = RecoveryPoint(
      at: noon + .seconds(8), provenance: .replica, via: "orders", isStale: false)
    let points = (0..<50).map { (place: Int) -> DrillReport.Chart.Point in
      let value: Double? = place == 20 ? nil : Double(place % 7)
      return DrillReport.Chart.Point(at: noon + .seconds(Int64(place * 10)), value: value)
    }
    let fingerprint = DetachedSignature.facts(ofCertificate: Self.identity.certificatePEM)?.fingerprint
    report = DrillReport(
      drill: ended, failovers: [failover], vantage: "third", version: "0.1", madeAt: noon + .seconds(601),
      charts: [.init(title: "Data at risk in japan", unit: "s", points: points, limit: 5)],
      rows: change(Self.rows(drill.id, text)), isComplete: true, fingerprint: try #require(fingerprint))
    signed = try SignedReport(report, certificatePEM: Self.identity.certificatePEM) {
      try Self.identity.sign($0, .sha256)
    }
  }

  /// As the journal stores them.
  private static func rows(_ id: String, _ text: String) -> [String] {
    var journal = JournalBook()
    _ = journal.append([JournalEntry(at: noon, kind: .reloaded)], at: noon)
    func step(_ step: String, _ seconds: Int64, _ text: String = "") -> JournalEntry {
      JournalEntry(
        at: noon + .seconds(seconds), kind: .drill,
        detail: ["drill": id, "workload": "shop", "step": step, "text": text].filter { !$1.isEmpty })
    }
    let labels: Labels = ["alertname": "RegionDown", "region": "taiwan"]
    let entries = [
      step("started", 0),
      JournalEntry(
        at: noon + .seconds(10), kind: .failover, detail: ["workload": "shop", "step": "first_bad"]),
      JournalEntry(
        at: noon + .seconds(11), kind: .attempt, identity: "x", labels: labels,
        detail: ["drill": id, "outcome": "taken", "status": "firing", "topic": "ops", "receiver": "phone"]),
      JournalEntry(
        at: noon + .seconds(12), kind: .firing, labels: ["alertname": "Other", "region": "brazil"]),
      JournalEntry(
        at: noon + .seconds(31), kind: .acknowledged, identity: "x", labels: labels, detail: ["by": "lin"]),
      step("note", 40, text), step("stopped", 600),
    ]
    return journal.append(entries, at: noon).compactMap { change in
      guard let sequence = JournalRow.sequence(ofKey: change.key), sequence > 1 else { return nil }
      return change.value.map { String(decoding: $0, as: UTF8.self) }
    }
  }

  func bytes(_ format: ReportFormat) throws -> [UInt8] { Array(try signed.text(format).utf8) }
}

struct ReportTests {
  private func json(_ evidence: Evidence) throws -> [String: Any] {
    let root = try JSONSerialization.jsonObject(with: Data(evidence.signed.json.utf8)) as? [String: Any]
    return try #require(root)
  }

  @Test func whatItSays() throws {
    let evidence = try Evidence()
    let root = try json(evidence)
    #expect(root["format"] as? String == "farwatch-drill-report/1")
    let report = try #require(root["report"] as? [String: Any])
    #expect(
      Set(report.keys) == [
        "drill", "vantage", "version", "madeAt", "certificateSHA256", "summary", "phases", "failovers",
        "pages",
        "notes", "timeline", "charts", "journal",
      ])
    let summary = try #require(report["summary"] as? [String: Any])
    #expect(summary["detectionSeconds"] as? Double == 1)
    #expect(summary["recoveryTimeSeconds"] as? Double == 65 && summary["metRecoveryTime"] as? Bool == false)
    #expect(summary["dataLostSeconds"] as? Double == 2 && summary["metRecoveryPoint"] as? Bool == true)
    #expect(summary["missedPhases"] as? [String] == ["serving"])
    let pages = try #require(report["pages"] as? [[String: Any]])
    #expect(pages.count == 1 && pages[0]["receiver"] as? String == "phone")
    #expect(pages[0]["acknowledgedBy"] as? String == "lin")
    let timeline = try #require(report["timeline"] as? [[String: Any]])
    #expect(timeline.map { $0["sequence"] as? Int } == [2, 3, 4, 6, 7, 8], "not the other region's alert")
    let journal = try #require(report["journal"] as? [String: Any])
    #expect((journal["rows"] as? [String])?.count == 7, "the chain has them all")
    #expect(journal["headAfter"] as? String == timeline.last?["hash"] as? String)
    #expect(journal["headBefore"] as? String != journal["headAfter"] as? String)
  }

  @Test func whatPeopleRead() throws {
    let evidence = try Evidence()
    let markdown = try evidence.signed.text(.markdown)
    #expect(markdown.hasPrefix("# Drill shop-20260131T120000Z\n"))
    for words in [
      "## What it measured", "| Recovery time (RTO) | 1m5s | at most 1m | MISSED |",
      "| Data lost, as time (RPO) | 2s | at most 5s | met |", "| serving | within 1m30s | not reached",
      "## Who was paged", "ops/phone", "by lin", "## Timeline",
      "a &lt;b&gt;note&lt;/b&gt; \\| with \\`marks\\`",
    ] { #expect(markdown.contains(words), "\(words)") }
    let html = try evidence.signed.text(.html)
    #expect(html.hasPrefix("<!doctype html>") && html.contains("<svg class=\"chart\""))
    #expect(html.contains("a &lt;b&gt;note&lt;/b&gt;") && !html.contains("<b>note"))
    for foreign in ["<script", "<img", "<link", "src=", "http://", "https://", "onload"] {
      #expect(!html.contains(foreign), "\(foreign)")
    }
    #expect(
      html.contains("The full failover drill of shop, away from taiwan passed; the recovery time objective"))
  }

  @Test(arguments: ReportFormat.allCases)
  func whatIsWholeHolds(_ format: ReportFormat) throws {
    let evidence = try Evidence()
    let found = ReportVerification(try evidence.bytes(format))
    #expect(found.holds, "\(found.findings)")
    #expect(found.drill == evidence.report.drill.id)
    #expect(found.fingerprint == evidence.report.fingerprint)
    #expect(found.findings.count == (format == .json ? 3 : 4))
    let colons = evidence.report.fingerprint.uppercased()
    #expect(ReportVerification(try evidence.bytes(format), fingerprint: colons).holds)
    let other = ReportVerification(try evidence.bytes(format), fingerprint: String(repeating: "0", count: 64))
    #expect(!other.holds)
    #expect(try evidence.bytes(format) == Evidence().bytes(format), "the same again is the same report")
  }

  /// One bit of one byte, every so many bytes and around every seam; a byte more, a byte less; at any place.
  @Test(arguments: ReportFormat.allCases)
  func anyChangeIsSeen(_ format: ReportFormat) throws {
    let bytes = try Evidence().bytes(format)
    var places = Array(stride(from: 0, to: bytes.count, by: max(1, bytes.count / 100)))
    places += Array(0..<60) + Array((bytes.count - 500)..<bytes.count)
    for mark in ["\"signature\":", "-----BEGIN", "-----END", "<!-- farwatch", "\"rows\":", "-->"] {
      let text = String(decoding: bytes, as: UTF8.self)
      if let found = text.range(of: mark) {
        let place = text.utf8.distance(from: text.utf8.startIndex, to: found.lowerBound)
        places += Array(place..<min(bytes.count, place + 20))
      }
    }
    for place in places {
      for bit: UInt8 in [0x01, 0x20] {
        var changed = bytes
        changed[place] ^= bit
        #expect(!ReportVerification(changed).holds, "bit \(bit) of byte \(place) of \(format)")
      }
    }
    for place in places.enumerated().filter({ $0.offset % 7 == 0 }).map(\.element) {
      for byte in [UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "A")] {
        var longer = bytes
        longer.insert(byte, at: place)
        #expect(!ReportVerification(longer).holds, "a byte more at \(place) of \(format)")
      }
      var shorter = bytes
      shorter.remove(at: place)
      #expect(!ReportVerification(shorter).holds, "a byte less at \(place) of \(format)")
      #expect(!ReportVerification(Array(bytes[..<place])).holds)
    }
    for more in ["\n", " ", "x", "<!-- x -->\n"] { #expect(!ReportVerification(bytes + more.utf8).holds) }
    #expect(!ReportVerification([]).holds)
  }

  /// Somebody with a key of his own can sign what he likes, but not as another.
  @Test func anotherKeyIsAnotherFingerprint() throws {
    let evidence = try Evidence()
    let other = try SigningIdentity.generate(commonName: "Farwatch", now: noon)
    let forged = try SignedReport(evidence.report, certificatePEM: other.certificatePEM) {
      try other.sign($0, .sha256)
    }
    #expect(!ReportVerification(Array(forged.json.utf8)).holds, "the report names the certificate")
    let swapped = try SignedReport(evidence.report, certificatePEM: Evidence.identity.certificatePEM) {
      try other.sign($0, .sha256)
    }
    #expect(!ReportVerification(Array(swapped.json.utf8)).holds)
  }

  /// Signed, and yet not what the journal was: whoever signs cannot change the journal's own words unseen.
  @Test func aJournalThatDoesNotHoldTogetherIsSeen() throws {
    let changes: [([String]) -> [String]] = [
      { rows in rows.map { $0.replacingOccurrences(of: "brazil", with: "mexico") } },
      { rows in Array(rows.prefix(2) + rows.dropFirst(3)) },
      { rows in [rows[1], rows[0]] + rows.dropFirst(2) },
      { rows in rows.map { $0 + " " } },
    ]
    for change in changes {
      let found = ReportVerification(try Evidence(rows: change).bytes(.json))
      #expect(!found.holds && found.findings.contains { $0.holds == false && $0.what.contains("journal") })
    }
    let empty = ReportVerification(try Evidence(rows: { _ in [] }).bytes(.html))
    #expect(
      empty.holds && empty.findings.contains { $0.holds == nil }, "what was not kept is said to be unknown")
  }

  @Test func marksInANoteAreNoSeams() throws {
    let nasty =
      "\",\"signature\":{ \(SignedReport.trailerStart) --> \(SignedReport.evidenceStart) \u{202e}é\u{301}"
    for format in ReportFormat.allCases {
      let found = ReportVerification(try Evidence(text: nasty).bytes(format))
      #expect(found.holds, "\(format): \(found.findings)")
    }
  }
}
