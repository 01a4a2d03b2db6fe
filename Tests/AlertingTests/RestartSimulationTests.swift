import Alerting
import Model
import Testing

/// A bench that lives through a random day, dying as often as it is told to: what it tells must not depend on that.
@Test(arguments: [UInt64.random(in: .min ... .max), 1, 2])
func restartsAndReloadsAreInvisible(seed: UInt64) {
  let text = """
    groups:
      - name: b
        interval: 1h
        rules: [{record: rec, expr: up}]
      - name: a
        interval: 1h
        rules:
          - {alert: Now, expr: up == 0}
          - {alert: Held, expr: up == 0, for: 45s, labels: {severity: page}}
          - {alert: Kept, expr: up == 0, keep_firing_for: 30s}
          - {alert: Both, expr: up == 0, for: 10s, keep_firing_for: 25s}
          - {alert: Recorded, expr: "rec == 0", for: 15s}
    """
  func day(dying: Bool) -> [String] {
    var random = Noise(state: seed)
    var chance = Noise(state: ~seed)
    let bench = Bench(text)
    var told: [String] = []
    var seconds = 0
    var changes: [Int: (at: Int, value: Double)] = [:]
    for step in 0..<200 {
      seconds += Int.random(in: 1...15, using: &random)
      // No moment is a whole number of seconds from another: two evaluations in one millisecond would be a matter
      // of luck, and the second comes a millisecond later.
      let time = Double(seconds) + Double(2 * step + 1) / 1000
      told += bench.advance(to: time)
      if dying, Int.random(in: 0..<5, using: &chance) == 0 { bench.restart(text) }
      if dying, Int.random(in: 0..<5, using: &chance) == 0 { bench.engine.replaceRules(groups(text)) }
      // A recorded series is only written when it changes here: one that never does would grow too old to be seen, and
      // a restart would write it anew.
      let stuck = (1...3).first { seconds - (changes[$0]?.at ?? 0) > 200 }
      let target = Int.random(in: 1...3, using: &random)
      let value = Bool.random(using: &random) ? 1.0 : 0
      let (t, v) = stuck.map { ($0, 1 - (changes[$0]?.value ?? 1)) } ?? (target, value)
      if changes[t]?.value != v { changes[t] = (seconds, v) }
      bench.sample("up", ["t": String(t)], v)
      told += bench.run().map { "\(NumberText.shortest(bench.wall.seconds)): \($0)" }
      if step % 20 == 0 { expectConsistent(bench) }
    }
    return told.sorted()
  }
  let calm = day(dying: false)
  #expect(calm.count > 100, "seed \(seed)")
  let dying = day(dying: true)
  #expect(calm == dying, "seed \(seed): \(Set(calm).symmetricDifference(dying))")
}

/// Rows are the active alerts; each identity is told firing and resolved in turn.
private func expectConsistent(_ bench: Bench) {
  let active = bench.engine.snapshot().alerts
  #expect(Set(active.map(\.identity)) == Set(bench.rows.keys))
  var firing: Set<String> = []
  for event in bench.events {
    switch event.status {
    case .firing: #expect(firing.insert(event.identity).inserted)
    case .resolved: #expect(firing.remove(event.identity) != nil)
    }
  }
  #expect(firing == Set(active.filter { $0.state == .firing }.map(\.identity)))
}
