internal import Notifying
internal import StrictYAML

/// Where pages go that a receiver does not take: every target must be there, and no way may lead back.
struct FallbackPaths {
  typealias Found = SubscriptionSection.Found

  /// All subscriptions, each with its topic's name.
  let subscriptions: [(topic: String, found: Found)]
  let topics: [String]

  func check(_ problems: Problems) {
    checkNames(problems)
    var reported: Set<Int> = []
    for (place, one) in subscriptions.enumerated() {
      for (key, node, isTopic) in [
        ("fallback", one.found.fallback, false), ("dead_letter_topic", one.found.deadLetterTopic, true),
      ] {
        guard let node, let target = node.scalarText else { continue }
        guard let next = targets(of: target, topicsOnly: isTopic) else {
          problems.add(unknown(target, isTopic), at: node)
          continue
        }
        // One loop is told once, at the first of its keys.
        if !reported.contains(place), let way = wayBack(from: next, to: place) {
          reported.formUnion(way + [place])
          let shown = ([place] + way).map(label).joined(separator: ", ")
          problems.add(
            way == [place] || next.contains(place)
              ? "`\(key)` leads back to this subscription itself"
              : "`\(key)` leads in a circle: \(shown) and back", at: node)
        }
      }
    }
  }

  private func checkNames(_ problems: Problems) {
    var lines: [String: Int] = [:]
    for one in subscriptions {
      guard let node = one.found.name, let name = one.found.settings?.name else { continue }
      if topics.contains(name) {
        problems.add("\"\(name)\" is the name of a topic; a subscription needs another", at: node)
      } else if let line = lines[name] {
        problems.add("the subscription in line \(line) has the same name", at: node)
      } else {
        lines[name] = node.position.line
      }
    }
  }

  private func label(_ place: Int) -> String {
    let one = subscriptions[place]
    return one.found.settings?.name ?? "a subscription of \(one.topic)"
  }

  private var names: [String] { subscriptions.compactMap { $0.found.settings?.name } }

  /// Places of the subscriptions that `target` means; nil: there is no such topic or subscription.
  private func targets(of target: String, topicsOnly: Bool) -> [Int]? {
    if topics.contains(target) { return subscriptions.indices.filter { subscriptions[$0].topic == target } }
    let named = subscriptions.indices.filter { subscriptions[$0].found.settings?.name == target }
    return topicsOnly || named.isEmpty ? nil : named
  }

  private func unknown(_ target: String, _ topicsOnly: Bool) -> String {
    let candidates = topicsOnly ? topics : topics + names
    let what =
      topicsOnly ? "unknown topic \"\(target)\"" : "no topic and no subscription is named \"\(target)\""
    return what + (suggestion(for: target, among: candidates).map { "; did you mean \"\($0)\"?" } ?? "")
  }

  private func next(_ place: Int) -> [Int] {
    let found = subscriptions[place].found
    return (found.fallback?.scalarText.flatMap { targets(of: $0, topicsOnly: false) } ?? [])
      + (found.deadLetterTopic?.scalarText.flatMap { targets(of: $0, topicsOnly: true) } ?? [])
  }

  /// The subscriptions on a way from one of `starts` to `goal`, the goal left out; nil: none leads there.
  private func wayBack(from starts: [Int], to goal: Int) -> [Int]? {
    var cameFrom: [Int: Int?] = [:]
    var open = starts
    for start in starts { cameFrom[start] = .some(nil) }
    while let place = open.popLast() {
      if place == goal {
        var way: [Int] = []
        var step = cameFrom[place] ?? nil
        while let at = step, !way.contains(at) {
          way.insert(at, at: 0)
          step = cameFrom[at] ?? nil
        }
        return way
      }
      for after in next(place) where cameFrom[after] == nil {
        cameFrom[after] = .some(place)
        open.append(after)
      }
    }
    return nil
  }
}
