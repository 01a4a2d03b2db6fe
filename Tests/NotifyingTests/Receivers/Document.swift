import Foundation

/// A JSON document, asked by path: names and places in lists.
struct Document {
  let root: Any

  init(_ bytes: [UInt8]) throws {
    root = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
  }

  private func value(_ path: [Any]) -> Any? {
    var value: Any? = root
    for step in path {
      if let name = step as? String { value = (value as? [String: Any])?[name] }
      if let place = step as? Int {
        let list = value as? [Any]
        value = list.flatMap { place < $0.count ? $0[place] : nil }
      }
    }
    return value
  }

  func text(_ path: Any...) -> String? { value(path) as? String }
  func number(_ path: Any...) -> Double? { (value(path) as? NSNumber)?.doubleValue }
  func list(_ path: Any...) -> [Any]? { value(path) as? [Any] }
  func keys(_ path: Any...) -> Set<String> { Set((value(path) as? [String: Any])?.keys.map { $0 } ?? []) }
  func has(_ path: Any...) -> Bool { value(path) != nil }

  /// A webhook's body in a form that can be compared: names sorted, alerts in order of their fingerprint, for
  /// Alertmanager has an order of its own.
  func canonicalWebhook() throws -> String {
    var object = root as? [String: Any] ?? [:]
    let alerts = object["alerts"] as? [[String: Any]] ?? []
    object["alerts"] = alerts.sorted {
      ($0["fingerprint"] as? String ?? "") < ($1["fingerprint"] as? String ?? "")
    }
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted]),
      as: UTF8.self)
  }
}
