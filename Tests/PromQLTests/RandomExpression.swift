import FarwatchTesting
/// Expressions made up by chance over the series of ``GrowingStore``, the same for the same seed.
struct RandomExpression {
  var random: SeededNumbers

  mutating func vector(_ depth: Int) -> String {
    switch depth <= 0 ? 0 : Int.random(in: 0..<12, using: &random) {
    case 0, 1: return selector() + shift()
    case 2, 3, 4: return window(depth)
    case 5, 6: return aggregation(depth)
    case 7, 8: return "(\(vector(depth - 1)) \(pick(["+", "-", "*", ">", "<= bool", "== "])) \(number()))"
    case 9: return "(\(vector(depth - 1)) \(pick(["and", "or", "unless"])) on (k) \(vector(depth - 1)))"
    case 10:
      return "(\(vector(depth - 1)) \(pick(["+", "/", "<"])) on (k, j) group_left () \(vector(depth - 1)))"
    default: return "\(pick(["abs", "-", "+", "timestamp", "ceil"]))(\(vector(depth - 1)))"
    }
  }

  private mutating func pick(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }

  private mutating func number() -> String { "\(Int.random(in: -3...9, using: &random))" }

  private mutating func selector() -> String {
    pick(["a", "b", "c", #"a{k="1"}"#, #"{__name__=~"a|b"}"#, #"b{j!="y"}"#, "nothing", #"c{k=~"[12]"}"#])
  }

  private mutating func shift() -> String {
    pick(["", "", "", "", "", " offset 7s", " offset -6s", " @ 40", " @ 90 offset 3s", " @ end()"])
  }

  private mutating func window(_ depth: Int) -> String {
    let function = pick([
      "avg_over_time", "min_over_time", "max_over_time", "count_over_time", "sum_over_time", "rate",
      "last_over_time", "changes", "delta",
    ])
    if Int.random(in: 0..<4, using: &random) == 0 {
      return "\(function)((\(vector(depth - 1)))[\(pick(["20s", "33s"])):\(pick(["5s", "7s"]))]\(shift()))"
    }
    return "\(function)(\(selector())[\(pick(["10s", "20s", "45s"]))]\(shift()))"
  }

  private mutating func aggregation(_ depth: Int) -> String {
    let grouping = pick(["", " by (k)", " by (k, j)", " without (k)", " by (__name__)"])
    let inner = vector(depth - 1)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return "\(pick(["topk", "bottomk"]))\(grouping) (2, \(inner))"
    case 1: return "quantile\(grouping) (0.3, \(inner))"
    case 2: return "count_values\(grouping) (\"v\", \(inner))"
    default:
      return "\(pick(["sum", "avg", "min", "max", "count", "group", "stddev"]))\(grouping) (\(inner))"
    }
  }
}
