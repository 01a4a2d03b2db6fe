import FarwatchTesting
import Model

/// Writes random queries over the series of ``SampleWorld``, in the language that Prometheus 2.42 and 3 share.
struct QueryGenerator {
  struct Query {
    var text: String
    /// Two right answers may choose different elements (ties): only the values are compared.
    var hasTies = false
    /// Small differences of large numbers: Prometheus 2 sums without compensation.
    var cancels = false
    /// Of one NaN or infinity Prometheus 2 says that it deviates by 0, Prometheus 3 by NaN.
    var spreads = false
  }

  private var numbers: SeededNumbers
  private var hasTies = false
  private var cancels = false
  private var spreads = false
  /// The inner of two subqueries is asked at whole steps of the outer: there its edges meet its points.
  private var isInSubquery = false

  init(seed: UInt64) { numbers = SeededNumbers(seed: seed) }

  mutating func query() -> Query {
    (hasTies, cancels, spreads) = (false, false, false)
    var text = numbers.chance(6) ? scalar(3) : vector(3)
    if numbers.chance(6) {
      hasTies = true
      text = "\(numbers.pick(["topk", "bottomk"]))(\(Int.random(in: 1...4, using: &numbers)), \(text))"
    }
    return Query(text: text, hasTies: hasTies, cancels: cancels, spreads: spreads)
  }

  // MARK: Selectors

  private mutating func matchers() -> String {
    let all = [
      #"region="taiwan""#, #"region!="taiwan""#, #"region=~"tai.*|nowhere""#, #"region!~"ja.+""#,
      #"instance="a""#, #"instance=~"a|b""#, #"instance!="""#, #"nothing="""#, #"job="api""#,
      #"code=~"[45].*""#,
    ]
    let count = numbers.pick([0, 0, 1, 1, 2])
    return (0..<count).map { _ in numbers.pick(all) }.joined(separator: ",")
  }

  private mutating func selector(_ names: [String]) -> String {
    let name = numbers.pick(names)
    if names != Self.counters, numbers.chance(3) { return #"{__name__=~"temp.*|replication_lag_seconds"}"# }
    let inside = matchers()
    return inside.isEmpty ? name : "\(name){\(inside)}"
  }

  private mutating func shift(fixed: Bool = true) -> String {
    var out = ""
    if numbers.chance(8) {
      out += " offset " + (numbers.chance(20) ? "-" : "") + "\(Int.random(in: 1...900, using: &numbers))s"
    }
    if fixed, numbers.chance(5) {
      let second = Int.random(in: 3000...9000, using: &numbers)
      let moment = SampleWorld.start.milliseconds / 1000 + Int64(second)
      out += numbers.pick([" @ \(moment).5", " @ \(moment).5", " @ start()", " @ end()"])
    }
    return out
  }

  private static let gauges = [
    "temperature_celsius", "replication_lag_seconds", "up", "last_backup_timestamp_seconds",
  ]
  private static let counters = [
    "http_requests_total", "http_requests_total", "latency_seconds_bucket", "latency_seconds_count",
    "latency_seconds_sum",
  ]

  private mutating func range() -> String { "\(numbers.pick([20, 45, 60, 120, 300, 600, 1200]))s" }

  private mutating func window(_ depth: Int, _ names: [String], fixed: Bool = true) -> String {
    if depth > 0, !isInSubquery, numbers.chance(20) {
      isInSubquery = true
      defer { isInSubquery = false }
      let step = numbers.chance(25) ? "" : "\(numbers.pick([7, 15, 30, 60]))s"
      return "(\(vector(depth - 1)))[\(numbers.pick([120, 300, 600]))s:\(step)]" + shift(fixed: fixed)
    }
    return selector(names) + "[\(range())]" + shift(fixed: fixed)
  }

  /// A window of what only grows, so that a rate means something.
  private mutating func counterWindow(_ depth: Int) -> String {
    if depth > 0, !isInSubquery, numbers.chance(20) {
      let inner = selector(Self.counters)
      return numbers.chance(50)
        ? "\(inner)[300s:15s]" + shift() : "(max by (region, code) (\(inner)))[600s:30s]" + shift()
    }
    return selector(Self.counters) + "[\(range())]" + shift()
  }

  // MARK: Values

  private mutating func number() -> String {
    numbers.pick(["0", "1", "2", "0.5", "10", "100", "-1", "1e3", "3.25"])
  }

  private mutating func scalar(_ depth: Int) -> String {
    guard depth > 0 else { return number() }
    switch Int.random(in: 0..<6, using: &numbers) {
    case 0: return "time()"
    case 1: return "scalar(\(vector(depth - 1)))"
    case 2:
      return "(\(scalar(depth - 1)) \(numbers.pick(["+", "-", "*", "/", "%", "^"])) \(scalar(depth - 1)))"
    case 3: return "(\(scalar(depth - 1)) \(numbers.pick(["==", "!=", "<", ">="])) bool \(scalar(depth - 1)))"
    case 4: return "-\(number().replacing("-", with: ""))"
    default: return number()
    }
  }

  private mutating func vector(_ depth: Int) -> String {
    guard depth > 0 else {
      return numbers.chance(85) ? selector(Self.gauges + Self.counters) + shift() : "vector(\(number()))"
    }
    switch Int.random(in: 0..<100, using: &numbers) {
    case 0..<25: return windowFunction(depth)
    case 25..<45: return aggregation(depth)
    case 45..<63: return withScalar(depth)
    case 63..<78: return matching(depth)
    case 78..<93: return function(depth)
    default: return vector(0)
    }
  }

  private mutating func windowFunction(_ depth: Int) -> String {
    let gauges = Self.gauges + Self.counters
    switch Int.random(in: 0..<10, using: &numbers) {
    case 0...3: return "\(numbers.pick(["rate", "increase", "irate"]))(\(counterWindow(depth)))"
    case 4:
      cancels = true
      let name = numbers.pick([
        "delta", "idelta", "deriv", "stddev_over_time", "stdvar_over_time", "avg_over_time", "sum_over_time",
      ])
      return "\(name)(\(window(depth, gauges)))"
    case 5:
      cancels = true
      // In a range query Prometheus moves a window that @ should hold, if it is predict_linear's.
      return "predict_linear(\(window(depth, gauges, fixed: false)), \(numbers.pick(["60", "600", "-30"])))"
    case 6:
      return
        "quantile_over_time(\(numbers.pick(["0", "0.5", "0.9", "1", "2", "-1"])), \(window(depth, gauges)))"
    case 7: return "absent_over_time(\(window(depth, gauges)))"
    default:
      let name = numbers.pick([
        "min_over_time", "max_over_time", "count_over_time", "last_over_time", "present_over_time", "changes",
        "resets",
      ])
      return "\(name)(\(window(depth, gauges)))"
    }
  }

  private mutating func grouping() -> String {
    numbers.pick([
      "", "", "by (region) ", "by (instance) ", "by (region, instance) ", "without (instance) ",
      "without (region, code) ", "by (nothing) ", "by () ",
    ])
  }

  private mutating func aggregation(_ depth: Int) -> String {
    let inner = vector(depth - 1)
    switch Int.random(in: 0..<10, using: &numbers) {
    case 0:
      return "quantile \(grouping())(\(numbers.pick(["0", "0.25", "0.5", "0.99", "1", "1.5"])), \(inner))"
    case 1: return "count_values \(grouping())(\"v\", \(selector(["up", "last_backup_timestamp_seconds"])))"
    case 2:
      (cancels, spreads) = (true, true)
      return "\(numbers.pick(["stddev", "stdvar"])) \(grouping())(\(inner))"
    default:
      let op = numbers.pick(["sum", "avg", "min", "max", "count", "group"])
      if op == "sum" || op == "avg" { cancels = true }
      return "\(op) \(grouping())(\(inner))"
    }
  }

  private static let comparisons = ["==", "!=", "<", "<=", ">", ">="]

  private mutating func withScalar(_ depth: Int) -> String {
    let inner = "(\(vector(depth - 1)))"
    var op = numbers.pick(["+", "-", "*", "/", "^", "%"] + Self.comparisons)
    if op == "-" || op == "+" { cancels = true }
    // The remainder and the equality of computed numbers depend on their last bit.
    if ["%", "==", "!="].contains(op) {
      op += Self.comparisons.contains(op) && numbers.chance(40) ? " bool" : ""
      return "\(selector(Self.gauges)) \(op) \(numbers.pick(["1", "2", "7"]))"
    }
    if Self.comparisons.contains(op), numbers.chance(40) { op += " bool" }
    return numbers.chance(50) ? "\(inner) \(op) \(scalar(1))" : "\(scalar(1)) \(op) \(inner)"
  }

  private mutating func matching(_ depth: Int) -> String {
    // Not atan2: Prometheus 2 forgets to drop the metric's name.
    var op = numbers.pick(["+", "-", "*", "/", "<", ">", ">="])
    if op == "-" || op == "+" { cancels = true }
    if ["<", ">", ">="].contains(op), numbers.chance(40) { op += " bool" }
    switch Int.random(in: 0..<5, using: &numbers) {
    case 0:
      let set = numbers.pick(["and", "or", "unless"])
      let modifier = numbers.pick(["", "on (region)", "on (region, instance)", "ignoring (code)", "on ()"])
      return "(\(vector(depth - 1))) \(set) \(modifier) (\(vector(depth - 1)))"
    case 1:
      return "sum by (region) (\(vector(depth - 1))) \(op) on (region) max by (region) (\(vector(depth - 1)))"
    case 2:
      let group = numbers.pick(["group_left", "group_left (zone)", "group_left ()"])
      return "\(selector(["http_requests_total"])) \(op) on (region, instance) \(group) "
        + selector(["temperature_celsius", "up"])
    case 3:
      return
        "\(selector(["up"])) \(op) on (region, instance) group_right \(selector(["http_requests_total"]))"
    default: return "(\(vector(depth - 1))) \(op) (\(vector(depth - 1)))"
    }
  }

  private mutating func function(_ depth: Int) -> String {
    switch Int.random(in: 0..<14, using: &numbers) {
    case 0: return "\(numbers.pick(["ceil", "floor", "round"]))(\(selector(Self.gauges)))"
    case 1: return "round(\(selector(Self.gauges)), \(numbers.pick(["5", "0.5", "10"])))"
    case 2: return "clamp(\(vector(depth - 1)), \(scalar(1)), \(scalar(1)))"
    case 3: return "\(numbers.pick(["clamp_min", "clamp_max"]))(\(vector(depth - 1)), \(scalar(1)))"
    case 4: return "absent(\(numbers.chance(50) ? selector(Self.gauges) : vector(depth - 1)))"
    case 5:
      return "label_replace(\(vector(depth - 1)), \"made\", \"$1-x\", \"region\", \"(.).*\")"
    case 6: return "label_join(\(vector(depth - 1)), \"made\", \"/\", \"region\", \"instance\")"
    case 7:
      cancels = true
      let quantile = numbers.pick(["0.5", "0.9", "0.99", "0", "1", "-1", "2"])
      return "histogram_quantile(\(quantile), sum by (le, region) (rate(latency_seconds_bucket[\(range())])))"
    case 8: return "timestamp(\(selector(Self.gauges)))"
    case 9:
      let name = numbers.pick([
        "hour", "minute", "month", "year", "day_of_month", "day_of_week", "day_of_year", "days_in_month",
      ])
      return numbers.chance(30) ? "\(name)()" : "\(name)(last_backup_timestamp_seconds)"
    case 10: return "-(\(vector(depth - 1)))"
    // Of a computed number their last bit decides everything.
    case 11: return "\(numbers.pick(["sin", "cos", "tan"]))(\(selector(Self.gauges)))"
    default:
      let name = numbers.pick([
        "abs", "exp", "ln", "log2", "log10", "sqrt", "sgn", "sin", "cos", "tan", "atan", "asinh", "tanh",
        "deg",
        "rad", "sort", "sort_desc",
      ])
      return "\(name)(\(vector(depth - 1)))"
    }
  }
}
