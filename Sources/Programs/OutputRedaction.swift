/// Takes secrets out of what a program says: each is replaced by three asterisks.
///
/// A secret of several lines is known by each of them too, for what is shown is often one line. A program that encodes
/// or cuts what it was given is not seen through.
struct OutputRedaction {
  /// What is shorter would be found in every number.
  static let shortest = 4
  private static let asterisks: [UInt8] = [0x2a, 0x2a, 0x2a]
  /// The longest first; none is shorter than ``shortest``.
  private let patterns: [[UInt8]]

  init(of secrets: [String]) {
    let parts = secrets.flatMap { secret in
      [Array(secret.utf8)] + secret.utf8.split { $0 == 0x0a || $0 == 0x0d }.map(Array.init)
    }
    patterns = Set(parts.filter { $0.count >= Self.shortest }).sorted { $0.count > $1.count }
  }

  /// - Parameter limit: `output` was cut after so many bytes; a secret that begins at its end is taken out as well.
  func applied(to output: [UInt8], limit: Int) -> [UInt8] {
    guard !patterns.isEmpty else { return output }
    var result: [UInt8] = []
    result.reserveCapacity(output.count)
    let beginnings = Set(patterns.map { $0[0] })
    var place = 0
    while place < output.count {
      guard beginnings.contains(output[place]) else {
        result.append(output[place])
        place += 1
        continue
      }
      let rest = output[place...]
      if let found = patterns.first(where: { rest.starts(with: $0) }) {
        result += Self.asterisks
        place += found.count
      } else if output.count >= limit, patterns.contains(where: { $0.starts(with: rest) }) {
        return result + Self.asterisks
      } else {
        result.append(output[place])
        place += 1
      }
    }
    return result
  }
}
