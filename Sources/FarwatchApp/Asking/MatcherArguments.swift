/// Matchers as arguments, the way amtool takes them.
enum MatcherArguments {
  /// A first argument without a sign is the value of `alertname`; each of the others is a matcher.
  static func filters(_ arguments: [String]) -> [String] {
    guard let first = arguments.first else { return [] }
    let isBare = !first.contains("=") && !first.contains("~")
    return isBare ? ["alertname=\(first)"] + arguments.dropFirst() : arguments
  }
}
