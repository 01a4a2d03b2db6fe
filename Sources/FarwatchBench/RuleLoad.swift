import Model

/// What both rule engines are given: 10,000 series in 20 families that all change at every scrape, and rules of the
/// four kinds that people write most.
enum RuleLoad {
  static let families = 20
  static let seriesPerFamily = 500
  static let intervalSeconds = 5

  static func name(_ family: Int) -> String { "load_\(padded(family, 2))" }

  static func labels(_ series: Int) -> Labels {
    ["instance": "i\(padded(series, 3))", "region": "r\(series % 10)", "job": "load"]
  }

  /// In [0, 1), to six digits so that the page is not long; another one at every scrape.
  static func value(_ family: Int, _ series: Int, round: Int) -> Double {
    var z = UInt64(family) << 40 | UInt64(series) << 20 | UInt64(round)
    z = (z &+ 0x9e37_79b9_7f4a_7c15) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 29)) &* 0x94d0_49bb_1331_11eb
    return Double((z ^ (z >> 32)) % 1_000_000) / 1e6
  }

  static func page(round: Int) -> String {
    var out = ""
    for family in 0..<families {
      out += "# TYPE \(name(family)) gauge\n"
      for series in 0..<seriesPerFamily {
        out +=
          "\(name(family)){instance=\"i\(padded(series, 3))\",region=\"r\(series % 10)\"} "
          + "\(value(family, series, round: round))\n"
      }
    }
    return out
  }

  /// A rule file of `count` alerts, ten groups. One rule in ten finds something now and then, the others nothing.
  static func rules(_ count: Int) -> String {
    var out = "groups:\n"
    for group in 0..<10 {
      out += "- name: load \(group)\n  interval: \(intervalSeconds)s\n  rules:\n"
      for rule in stride(from: group, to: count, by: 10) {
        out += "  - alert: Load\(rule)\n    for: 1m\n    expr: \(expression(rule))\n"
      }
    }
    return out
  }

  private static func expression(_ rule: Int) -> String {
    let family = name(rule % families)
    let other = name((rule + 7) % families)
    // No two rules are the same: each has a threshold of its own.
    let nudge = Double(rule) / 1e7
    let high = (rule % 10 == 3 ? 0.999 : 1.01) + nudge
    return switch rule % 4 {
    case 0: "\(family) > \(high)"
    case 1: "avg_over_time(\(family)[1m]) > \(high - 0.1)"
    case 2: "min_over_time(\(family)[1m]) > \(high - 0.3) and on (instance) \(other) > 0.5"
    default: "max by (region) (\(family)) > \(high)"
    }
  }
}
