import FarwatchTesting
import Model
import Testing

@testable import Paging

/// Random days: alerts begin and end, are silenced, inhibited and acknowledged, the process dies and comes back. Whatever
/// happens, nobody hears of an end without a beginning, everybody who heard the beginning hears the end, and nothing is
/// kept of what is over.
@Suite struct DeskSimulationTests {
  private static let names = ["A", "B", "C", "D"]
  private static let regions = ["japan", "taiwan"]

  private static func configuration(grouped: Bool) -> PagingSettings {
    settings(
      route("pager", [LabelMatcher("alertname", equals: "A")]) {
        $0.continue = true
        $0.repeatInterval = .seconds(3000)
        $0.escalation = [EscalationStep(after: .seconds(700), topic: "lead")]
      },
      route("chat") { if grouped { $0.grouping = .by(["region"]) } }
    ) {
      $0.inhibitions = [
        InhibitionRule(
          source: [LabelMatcher("alertname", equals: "D")], target: [LabelMatcher("alertname", equals: "B")],
          equal: ["region"], wait: .seconds(5))
      ]
    }
  }

  @Test(arguments: [false, true]) func nothingIsLostAndNothingIsInvented(grouped: Bool) throws {
    // Taken on between its end and the page of its next episode.
    let known: [UInt64] = [7_733_206_268_269_738_384, 5_847_696_620_083_010_754]
    for seed in known + (0..<40).map({ _ in UInt64.random(in: .min ... .max) }) {
      var random = SeededNumbers(seed: seed)
      let world = DeskWorld(Self.configuration(grouped: grouped))
      var firing: Set<Labels> = []
      for _ in 0..<150 { try step(world, &firing, &random) }
      for labels in firing.sorted(by: { $0.description < $1.description }) {
        world.resolve(labels["alertname"] ?? "", labels: labels)
      }
      world.pass(.seconds(100_000))
      judge(world, seed, exact: !grouped)
    }
  }

  private func step(_ world: DeskWorld, _ firing: inout Set<Labels>, _ random: inout SeededNumbers) throws {
    let name = Self.names.randomElement(using: &random) ?? "A"
    let labels: Labels = ["alertname": name, "region": Self.regions.randomElement(using: &random) ?? ""]
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<8:
      if firing.insert(labels).inserted {
        world.fire(name, labels: labels)
      } else {
        firing.remove(labels)
        world.resolve(name, labels: labels)
      }
    case 8..<10:
      _ = try world.desk.set(
        SilenceDraft(
          matchers: [LabelMatcher("alertname", equals: name)],
          endsAt: world.now + .seconds(Int64.random(in: 1...2000, using: &random)), createdBy: "t",
          comment: "t"), at: world.moment)
      world.run()
    case 10..<12:
      _ = world.desk.acknowledge([world.identity(name, labels)], by: "t", comment: "", at: world.moment)
      world.run()
    case 12:
      world.restart(
        after: .seconds(Int64.random(in: 0...900, using: &random)), holds: Bool.random(using: &random))
    case 13: world.desk.replaceSettings(world.settings, at: world.moment)
    default: world.pass(.seconds(Int64.random(in: 1...1200, using: &random)))
    }
  }

  private func judge(_ world: DeskWorld, _ seed: UInt64, exact: Bool) {
    /// By topic and alert: the episode that fires by the last word; nil: over.
    var lastWord: [String: Timestamp?] = [:]
    for (_, topic, notification) in world.told {
      for alert in notification.alerts {
        let key = "\(topic) \(alert.identity)"
        let isFiring = alert.status == .firing
        let last = lastWord[key] ?? nil
        if !isFiring { #expect(last != nil, "an end without a beginning: \(key), seed \(seed)") }
        if isFiring, exact, notification.kind == .news {
          // One that came back while nothing could be told is another episode.
          #expect(last != alert.startsAt, "told twice: \(key), seed \(seed)")
        }
        lastWord[key] = .some(isFiring ? alert.startsAt : nil)
      }
    }
    for (key, last) in lastWord { #expect(last == nil, "its end was never told: \(key), seed \(seed)") }
    let kept = world.rows.values.filter { $0.table != .silences }.map(\.key)
    #expect(kept.isEmpty, "kept of what is over: \(kept), seed \(seed)")
  }
}
